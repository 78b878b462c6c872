-- The star, one statement a table, in the order of need. Written in DuckDB's dialect and translated where the mart lies
-- elsewhere. Staging tables begin with s_, dimensions with d_, facts with f_. Moments of the operational store are UTC;
-- China has no summer time, so local time is eight hours on. {as_of} is the last local day that the data speak of.

CREATE TABLE d_day AS SELECT * FROM s_days;

CREATE TABLE d_store AS
SELECT s.id AS store_id,
       CASE WHEN COUNT(*) OVER (PARTITION BY s.short) = 1 THEN s.short ELSE s.city || s.short END AS store,
       s.short AS short, s.name AS full_name, s.city AS city, s.region AS region, s.kind AS store_type,
       s.aliases AS aliases, s.opened_on AS opened_on
FROM s_stores s;

CREATE TABLE d_product AS
SELECT id AS product_id, name AS product, brand, category, aliases, price_cents FROM s_products;

CREATE TABLE d_org AS SELECT id AS unit_id, parent_id, kind, name FROM s_org_units;

CREATE TABLE d_campaign AS SELECT id AS campaign_id, name AS campaign, starts_on, ends_on FROM s_campaigns;

CREATE TABLE d_member AS
SELECT id AS member_id, home_store_id, tier, stage,
       CASE gender WHEN '女' THEN '女性' WHEN '男' THEN '男性' ELSE '未知' END AS gender,
       CAST(joined_at + INTERVAL 8 HOUR AS DATE) AS joined_on,
       CASE WHEN birthday IS NULL THEN '未知'
            WHEN EXTRACT(year FROM CAST({as_of} AS DATE)) - EXTRACT(year FROM birthday) < 25 THEN '25岁以下'
            WHEN EXTRACT(year FROM CAST({as_of} AS DATE)) - EXTRACT(year FROM birthday) < 35 THEN '25-34岁'
            WHEN EXTRACT(year FROM CAST({as_of} AS DATE)) - EXTRACT(year FROM birthday) < 45 THEN '35-44岁'
            WHEN EXTRACT(year FROM CAST({as_of} AS DATE)) - EXTRACT(year FROM birthday) < 55 THEN '45-54岁'
            ELSE '55岁及以上' END AS age_band
FROM s_members;

CREATE TABLE t_orders AS
SELECT ROW_NUMBER() OVER (ORDER BY o.created_at, o.id) AS order_key, o.id AS order_id, o.member_id, o.store_id,
       CAST(o.created_at + INTERVAL 8 HOUR AS DATE) AS day,
       CAST(EXTRACT(hour FROM o.created_at + INTERVAL 8 HOUR) AS INTEGER) AS hour,
       CASE o.channel WHEN 'online' THEN '线上' ELSE '门店' END AS channel,
       o.total_cents, o.points, o.campaign_id,
       CASE WHEN o.member_id IS NULL THEN NULL
            ELSE ROW_NUMBER() OVER (PARTITION BY o.member_id ORDER BY o.created_at, o.id) END AS nth,
       LAG(CAST(o.created_at + INTERVAL 8 HOUR AS DATE)) OVER
           (PARTITION BY o.member_id ORDER BY o.created_at, o.id) AS previous_day
FROM s_orders o
WHERE o.status NOT IN ('已取消', '待付款');

CREATE TABLE t_lines AS
SELECT o.order_key, l.order_id, l.line_no, k.product_id, l.batch, l.quantity, l.quantity * l.price_cents AS gross_cents,
       SUM(l.quantity * l.price_cents) OVER (PARTITION BY o.order_key) AS order_gross,
       ROW_NUMBER() OVER (PARTITION BY o.order_key ORDER BY l.quantity * l.price_cents DESC, l.line_no) AS nth_line
FROM s_order_lines l JOIN t_orders o ON o.order_id = l.order_id JOIN s_skus k ON k.id = l.sku_id;

-- what was really paid, shared out over the lines to the cent: the largest line takes what rounding leaves
CREATE TABLE t_paid AS
SELECT l.order_key, l.line_no, CAST(FLOOR(l.gross_cents * CAST(o.total_cents AS DOUBLE) / l.order_gross) AS BIGINT) AS paid
FROM t_lines l JOIN t_orders o ON o.order_key = l.order_key;

CREATE TABLE t_returned AS
SELECT order_id, line_no, SUM(refund_cents) AS refund_cents, COUNT(*) AS times FROM s_returns GROUP BY order_id, line_no;

CREATE TABLE f_lines AS
SELECT o.order_key, o.store_id, o.member_id, l.product_id, o.day, o.hour, o.channel, c.campaign,
       CASE WHEN o.member_id IS NULL THEN '散客' WHEN o.nth = 1 THEN '新客' ELSE '老客' END AS customer,
       l.batch, l.quantity AS units,
       p.paid + CASE WHEN l.nth_line = 1
                     THEN o.total_cents - SUM(p.paid) OVER (PARTITION BY o.order_key) ELSE 0 END AS sales_cents,
       CASE WHEN r.times IS NULL THEN 0 ELSE l.quantity END AS returned_units,
       COALESCE(r.refund_cents, 0) AS refund_cents
FROM t_lines l
JOIN t_orders o ON o.order_key = l.order_key
JOIN t_paid p ON p.order_key = l.order_key AND p.line_no = l.line_no
LEFT JOIN t_returned r ON r.order_id = l.order_id AND r.line_no = l.line_no
LEFT JOIN d_campaign c ON c.campaign_id = o.campaign_id;

CREATE TABLE f_orders AS
SELECT o.order_key, o.store_id, o.member_id, o.day, o.hour, o.channel, c.campaign,
       CASE WHEN o.member_id IS NULL THEN '散客' WHEN o.nth = 1 THEN '新客' ELSE '老客' END AS customer,
       CASE WHEN o.member_id IS NULL THEN 0 ELSE 1 END AS by_member,
       CASE WHEN o.nth > 1 THEN 1 ELSE 0 END AS again,
       o.day - o.previous_day AS gap_days,
       o.total_cents AS sales_cents, o.points AS points, l.units, l.lines,
       CASE WHEN o.total_cents < 10000 THEN '100元以下' WHEN o.total_cents < 30000 THEN '100-300元'
            WHEN o.total_cents < 50000 THEN '300-500元' WHEN o.total_cents < 100000 THEN '500-1000元'
            WHEN o.total_cents < 200000 THEN '1000-2000元' ELSE '2000元以上' END AS order_band
FROM t_orders o
JOIN (SELECT order_key, SUM(quantity) AS units, COUNT(*) AS lines FROM t_lines GROUP BY order_key) l
  ON l.order_key = o.order_key
LEFT JOIN d_campaign c ON c.campaign_id = o.campaign_id;

CREATE TABLE f_returns AS
SELECT o.store_id, o.member_id, l.product_id, CAST(r.created_at + INTERVAL 8 HOUR AS DATE) AS day, o.channel,
       r.reason, l.batch, l.quantity AS units, r.refund_cents
FROM s_returns r JOIN t_orders o ON o.order_id = r.order_id
JOIN t_lines l ON l.order_key = o.order_key AND l.line_no = r.line_no;

CREATE TABLE f_answers AS
SELECT a.id AS answer_id, a.store_id, a.member_id, l.product_id, l.batch, a.touchpoint,
       CAST(a.moment + INTERVAL 8 HOUR AS DATE) AS day, CAST(EXTRACT(hour FROM a.moment + INTERVAL 8 HOUR) AS INTEGER) AS hour,
       a.nps, a.csat, a.ces,
       CASE WHEN a.nps >= 9 THEN 1 ELSE 0 END AS promoter, CASE WHEN a.nps BETWEEN 7 AND 8 THEN 1 ELSE 0 END AS passive,
       CASE WHEN a.nps <= 6 THEN 1 ELSE 0 END AS detractor,
       CASE WHEN a.nps >= 9 THEN '推荐者' WHEN a.nps >= 7 THEN '中立者' WHEN a.nps IS NULL THEN '未打分' ELSE '贬损者' END
           AS nps_group,
       CASE WHEN a.nps IS NULL THEN '未打分' ELSE CAST(a.nps AS VARCHAR) || '分' END AS nps_score,
       CASE WHEN a.csat IS NULL THEN '未打分' ELSE CAST(a.csat AS VARCHAR) || '分' END AS csat_score,
       CASE WHEN COALESCE(a.comment, '') = '' THEN 0 ELSE 1 END AS commented,
       COALESCE(t.sentiment, '无评论') AS sentiment, COALESCE(t.emotion, '无评论') AS emotion,
       COALESCE(a.comment, '') AS comment
FROM s_survey_answers a
LEFT JOIN t_orders o ON o.order_id = a.order_id
LEFT JOIN t_lines l ON l.order_key = o.order_key AND l.nth_line = 1
LEFT JOIN s_answer_tags t ON t.answer_id = a.id;

CREATE TABLE f_mentions AS
SELECT a.answer_id, a.store_id, a.member_id, a.product_id, a.batch, a.touchpoint, a.day, a.hour, m.aspect,
       m.sentiment AS sentiment, m.emotion AS emotion
FROM s_mentions m JOIN f_answers a ON a.answer_id = m.answer_id;

CREATE TABLE f_invitations AS
SELECT day, store_id, touchpoint, SUM(sent) AS sent, SUM(answered) AS answered FROM (
    SELECT day, store_id, touchpoint, sent, 0 AS answered FROM s_feed_invitations
    UNION ALL
    SELECT day, store_id, touchpoint, 0 AS sent, 1 AS answered FROM f_answers
    WHERE day >= (SELECT MIN(day) FROM s_feed_invitations)
) u GROUP BY day, store_id, touchpoint;

CREATE TABLE t_ticket_times AS
SELECT ticket_number, MIN(CASE WHEN actor <> 'shopper' THEN moment END) AS responded,
       MAX(CASE WHEN kind IN ('closed', 'resolved') THEN moment END) AS resolved,
       MAX(CASE WHEN kind = 'reopened' THEN 1 ELSE 0 END) AS reopened
FROM s_ticket_events GROUP BY ticket_number;

CREATE TABLE t_tickets AS
SELECT 'T' || CAST(100000 + t.number AS VARCHAR) AS ticket_id, t.store_id,
       CASE WHEN t.shopper LIKE 'M%' THEN t.shopper END AS member_id, t.category, t.severity, t.status,
       '客服中心' AS team, '在线客服' AS channel, t.created_at + INTERVAL 8 HOUR AS created_at,
       t.due_at + INTERVAL 8 HOUR AS due_at, e.responded + INTERVAL 8 HOUR AS first_response_at,
       e.resolved + INTERVAL 8 HOUR AS resolved_at, COALESCE(e.reopened, 0) AS reopened
FROM s_tickets t LEFT JOIN t_ticket_times e ON e.ticket_number = t.number
UNION ALL
SELECT ticket_id, store_id, member_id, category, severity, status, team, channel, created_at, due_at,
       first_response_at, resolved_at, COALESCE(reopened, 0) AS reopened
FROM s_feed_tickets;

CREATE TABLE f_tickets AS
SELECT t.ticket_id, t.store_id, t.member_id, CAST(t.created_at AS DATE) AS day,
       CAST(EXTRACT(hour FROM t.created_at) AS INTEGER) AS hour, t.category AS ticket_category, t.severity,
       t.status AS ticket_status, COALESCE(t.team, '未分派') AS team, t.channel AS ticket_channel,
       CASE WHEN t.resolved_at IS NULL THEN 1 ELSE 0 END AS is_open,
       CASE WHEN t.resolved_at IS NULL AND t.due_at < {now} THEN 1 ELSE 0 END AS overdue,
       CASE WHEN t.resolved_at IS NOT NULL OR t.due_at < {now} THEN 1 ELSE 0 END AS judged,
       CASE WHEN t.resolved_at <= t.due_at THEN 1 ELSE 0 END AS in_time,
       EXTRACT(epoch FROM t.first_response_at - t.created_at) / 60.0 AS response_min,
       EXTRACT(epoch FROM t.resolved_at - t.created_at) / 3600.0 AS resolve_hours,
       CASE WHEN t.reopened > 0 THEN 1 ELSE 0 END AS reopened,
       CASE WHEN t.member_id IS NOT NULL AND CAST(t.created_at AS DATE)
                 - LAG(CAST(t.created_at AS DATE)) OVER (PARTITION BY t.member_id ORDER BY t.created_at) <= 30
            THEN 1 ELSE 0 END AS repeated
FROM t_tickets t;

CREATE TABLE t_conversations AS
SELECT c.id AS conversation_id, c.store_id, c.member_id, c.channel, c.created_at + INTERVAL 8 HOUR AS started_at,
       EXTRACT(epoch FROM m.replied - m.asked) AS first_reply_s,
       CASE WHEN h.conversation_id IS NULL THEN 0 ELSE 1 END AS handed_off, 0 AS suggestions_shown, 0 AS suggestions_used
FROM s_conversations c
LEFT JOIN (SELECT conversation_id, MIN(CASE WHEN author = 'shopper' THEN moment END) AS asked,
                  MIN(CASE WHEN author IN ('assistant', 'agent') THEN moment END) AS replied
           FROM s_messages GROUP BY conversation_id) m ON m.conversation_id = c.id
LEFT JOIN (SELECT DISTINCT conversation_id FROM s_handoffs) h ON h.conversation_id = c.id
UNION ALL
SELECT conversation_id, store_id, member_id, channel, started_at, first_reply_s, COALESCE(handed_off, 0),
       COALESCE(suggestions_shown, 0), COALESCE(suggestions_used, 0)
FROM s_feed_conversations;

CREATE TABLE f_conversations AS
SELECT conversation_id, store_id, member_id, CAST(started_at AS DATE) AS day,
       CAST(EXTRACT(hour FROM started_at) AS INTEGER) AS hour,
       CASE channel WHEN 'web' THEN '网页' WHEN 'official_account' THEN '公众号' ELSE COALESCE(channel, '其他') END
           AS service_channel,
       first_reply_s, handed_off, 1 - handed_off AS self_served, suggestions_shown, suggestions_used
FROM t_conversations;

CREATE TABLE f_members AS
SELECT member_id, home_store_id AS store_id, joined_on AS day FROM d_member;

CREATE TABLE d_snapshot AS
SELECT day FROM d_day
WHERE day <= CAST({as_of} AS DATE) AND (month_end = 1 OR day = CAST({as_of} AS DATE))
  AND day >= CAST({as_of} AS DATE) - INTERVAL 400 DAY;

CREATE TABLE t_spend AS
SELECT e.day AS day, o.member_id,
       SUM(CASE WHEN o.day > e.day - INTERVAL 365 DAY THEN o.total_cents ELSE 0 END) AS year_cents,
       SUM(CASE WHEN o.day > e.day - INTERVAL 365 DAY THEN 1 ELSE 0 END) AS year_orders,
       SUM(o.total_cents) AS life_cents, COUNT(*) AS life_orders,
       MAX(o.day) AS last_day, MIN(o.day) AS first_day
FROM t_orders o JOIN d_snapshot e ON o.day <= e.day
WHERE o.member_id IS NOT NULL
GROUP BY e.day, o.member_id;

CREATE TABLE t_stage AS
SELECT e.day AS day, m.member_id, m.home_store_id AS store_id, m.joined_on,
       COALESCE(s.year_cents, 0) AS year_cents, COALESCE(s.year_orders, 0) AS year_orders,
       COALESCE(s.life_cents, 0) AS life_cents, COALESCE(s.life_orders, 0) AS life_orders, s.last_day,
       CASE WHEN COALESCE(s.life_orders, 0) = 0
            THEN CASE WHEN m.joined_on > e.day - INTERVAL 60 DAY THEN '新会员' ELSE '潜客' END
            WHEN s.last_day < e.day - INTERVAL 365 DAY THEN '流失'
            WHEN s.last_day < e.day - INTERVAL 120 DAY THEN '沉默'
            WHEN s.year_cents >= 1000000 THEN '高价值'
            WHEN m.joined_on > e.day - INTERVAL 90 DAY THEN '新会员' ELSE '老会员' END AS stage,
       CASE WHEN COALESCE(s.year_cents, 0) >= 5000000 THEN 4 WHEN COALESCE(s.year_cents, 0) >= 1000000 THEN 3
            WHEN COALESCE(s.year_cents, 0) >= 200000 THEN 2 ELSE 1 END AS tier_no
FROM d_member m JOIN d_snapshot e ON m.joined_on <= e.day
LEFT JOIN t_spend s ON s.member_id = m.member_id AND s.day = e.day;

CREATE TABLE f_member_months AS
SELECT day, member_id, store_id, stage, year_cents, year_orders, life_cents, life_orders,
       CASE WHEN last_day >= day - INTERVAL 90 DAY THEN 1 ELSE 0 END AS active,
       CASE WHEN year_orders > 0 THEN 1 ELSE 0 END AS bought,
       CASE WHEN year_orders > 1 THEN 1 ELSE 0 END AS bought_again,
       CASE WHEN tier_no > LAG(tier_no) OVER (PARTITION BY member_id ORDER BY day) THEN 1 ELSE 0 END AS upgraded
FROM t_stage;

-- A member's state on every day, as spells. It can only change on a day of these: joining and 60 and 90 days on, an order
-- and 91, 121 and 366 days on without another, and 365 days on where the order then no longer counts to the year's spend
-- (which matters to members alone who ever spent so much). The same definitions as t_stage above.
CREATE TABLE d_state_day AS
SELECT day FROM d_day WHERE day BETWEEN CAST({as_of} AS DATE) - 400 AND CAST({as_of} AS DATE);

CREATE TABLE t_bought AS
SELECT member_id, day, total_cents AS cents, LEAD(day) OVER (PARTITION BY member_id ORDER BY day) AS next_day
FROM t_orders
WHERE member_id IS NOT NULL AND day <= CAST({as_of} AS DATE);

CREATE TABLE t_turns AS
SELECT member_id, day, bought_on, cents FROM (
    SELECT m.member_id, m.joined_on + n.days AS day, CAST(NULL AS DATE) AS bought_on, 0 AS cents
    FROM d_member m CROSS JOIN (VALUES (0), (60), (90)) n(days)
    UNION ALL
    SELECT member_id, day, day, cents FROM t_bought
    UNION ALL
    SELECT b.member_id, b.day + n.days, NULL, 0 FROM t_bought b CROSS JOIN (VALUES (91), (121), (366)) n(days)
    WHERE COALESCE(b.next_day > b.day + n.days, TRUE)
    UNION ALL
    SELECT member_id, day + 365, NULL, -cents FROM t_bought
    WHERE member_id IN (SELECT member_id FROM t_bought GROUP BY member_id HAVING SUM(GREATEST(cents, 0)) >= 1000000)
) u WHERE day <= CAST({as_of} AS DATE);

CREATE TABLE t_states AS
SELECT r.member_id, m.home_store_id AS store_id, r.day,
       CASE WHEN r.last_day IS NULL
            THEN CASE WHEN r.day < m.joined_on + 60 THEN '新会员' ELSE '潜客' END
            WHEN r.last_day < r.day - 365 THEN '流失'
            WHEN r.last_day < r.day - 120 THEN '沉默'
            WHEN r.year_cents >= 1000000 THEN '高价值'
            WHEN r.day < m.joined_on + 90 THEN '新会员' ELSE '老会员' END AS stage,
       CASE WHEN r.last_day >= r.day - 90 THEN 1 ELSE 0 END AS active
FROM (SELECT member_id, day, MAX(bought_on) OVER w AS last_day, SUM(cents) OVER w AS year_cents
      FROM t_turns WINDOW w AS (PARTITION BY member_id ORDER BY day)) r
JOIN d_member m ON m.member_id = r.member_id AND m.joined_on <= r.day;

CREATE TABLE f_member_spells AS
SELECT member_id, store_id, stage, active, GREATEST(day, CAST({as_of} AS DATE) - 400) AS first_day, last_day FROM (
    SELECT member_id, store_id, stage, active, day,
           COALESCE(LEAD(day) OVER (PARTITION BY member_id ORDER BY day) - 1, CAST({as_of} AS DATE)) AS last_day
    FROM (SELECT *, LAG(stage || active) OVER (PARTITION BY member_id ORDER BY day) AS before FROM t_states) s
    WHERE before IS DISTINCT FROM stage || active
) k WHERE last_day >= CAST({as_of} AS DATE) - 400;

CREATE TABLE f_points AS
SELECT p.day, m.home_store_id AS store_id, p.member_id, p.issued, p.redeemed FROM (
    SELECT day, member_id, points AS issued, 0 AS redeemed FROM t_orders WHERE points > 0 AND member_id IS NOT NULL
    UNION ALL
    SELECT CAST(moment AS DATE), member_id, CASE WHEN delta > 0 THEN delta ELSE 0 END,
           CASE WHEN delta < 0 THEN -delta ELSE 0 END FROM s_feed_points
    UNION ALL
    SELECT CAST(moment + INTERVAL 8 HOUR AS DATE), member_id, 0, -delta FROM s_points_entries WHERE delta < 0
) p JOIN d_member m ON m.member_id = p.member_id;

CREATE TABLE f_expiring AS
SELECT m.home_store_id AS store_id, p.member_id, SUM(p.delta) AS points
FROM s_points_entries p JOIN d_member m ON m.member_id = p.member_id
WHERE p.expires_on >= CAST({as_of} AS DATE) AND p.expires_on <= CAST({as_of} AS DATE) + INTERVAL 90 DAY
GROUP BY m.home_store_id, p.member_id;

CREATE TABLE f_coupons AS
SELECT CAST(c.sent_at AS DATE) AS day, m.home_store_id AS store_id, c.member_id, c.coupon,
       CASE WHEN c.claimed_at IS NULL THEN 0 ELSE 1 END AS claimed, CASE WHEN c.used_at IS NULL THEN 0 ELSE 1 END AS used
FROM s_feed_coupons c JOIN d_member m ON m.member_id = c.member_id;

CREATE TABLE f_visits AS SELECT day, store_id, visits FROM s_store_days;

CREATE TABLE t_campaign_trade AS
SELECT c.campaign_id, o.member_id,
       SUM(CASE WHEN o.day BETWEEN c.starts_on AND c.ends_on THEN o.total_cents ELSE 0 END) AS in_cents,
       SUM(CASE WHEN o.day BETWEEN c.starts_on AND c.ends_on THEN 1 ELSE 0 END) AS in_orders,
       SUM(CASE WHEN o.day < c.starts_on AND o.day >= c.starts_on - CAST(c.ends_on - c.starts_on + 1 AS INTEGER)
                THEN o.total_cents ELSE 0 END) AS before_cents,
       SUM(CASE WHEN o.day < c.starts_on AND o.day >= c.starts_on - 90 THEN 1 ELSE 0 END) AS orders_90,
       SUM(CASE WHEN o.day < c.starts_on THEN 1 ELSE 0 END) AS orders_before
FROM t_orders o JOIN d_campaign c ON o.day <= c.ends_on
WHERE o.member_id IS NOT NULL
GROUP BY c.campaign_id, o.member_id;

CREATE TABLE f_campaign_members AS
SELECT c.campaign, c.starts_on AS day, p.member_id, m.home_store_id AS store_id, p.in_control, 1 - p.in_control AS treated,
       COALESCE(t.in_cents, 0) AS in_cents, COALESCE(t.before_cents, 0) AS before_cents,
       CASE WHEN COALESCE(t.in_orders, 0) > 0 THEN 1 ELSE 0 END AS bought,
       CASE WHEN COALESCE(t.in_orders, 0) > 0 AND COALESCE(t.orders_before, 0) = 0 THEN 1 ELSE 0 END AS newcomer,
       CASE WHEN COALESCE(t.in_orders, 0) > 0 AND COALESCE(t.orders_before, 0) > 0 AND COALESCE(t.orders_90, 0) = 0
            THEN 1 ELSE 0 END AS reactivated
FROM s_campaign_members p
JOIN d_campaign c ON c.campaign_id = p.campaign_id
JOIN d_member m ON m.member_id = p.member_id
LEFT JOIN t_campaign_trade t ON t.campaign_id = p.campaign_id AND t.member_id = p.member_id;

CREATE TABLE t_variants AS SELECT product_id, COUNT(*) AS skus FROM s_skus GROUP BY product_id;

CREATE TABLE f_stock_days AS
SELECT d.day, s.store_id, v.product_id, COALESCE(o.skus_out, 0) AS skus_out, v.skus AS skus_total,
       CASE WHEN o.skus_out IS NULL THEN 0 ELSE 1 END AS product_out
FROM d_day d CROSS JOIN d_store s CROSS JOIN t_variants v
LEFT JOIN s_stock_outs o ON o.day = d.day AND o.store_id = s.store_id AND o.product_id = v.product_id
WHERE d.day BETWEEN (SELECT MIN(day) FROM s_stock_outs) AND CAST({as_of} AS DATE);

CREATE TABLE f_stock_now AS
SELECT s.store_id, v.product_id, COALESCE(q.quantity, 0) AS quantity, COALESCE(l.units, 0) AS units_28
FROM d_store s CROSS JOIN t_variants v
LEFT JOIN (SELECT t.store_id, k.product_id, SUM(t.quantity) AS quantity FROM s_stock t JOIN s_skus k ON k.id = t.sku_id
           GROUP BY t.store_id, k.product_id) q ON q.store_id = s.store_id AND q.product_id = v.product_id
LEFT JOIN (SELECT store_id, product_id, SUM(units) AS units FROM f_lines
           WHERE day > CAST({as_of} AS DATE) - INTERVAL 28 DAY GROUP BY store_id, product_id) l
  ON l.store_id = s.store_id AND l.product_id = v.product_id;
