"""Stores of the demo world: sixteen by hand, any number more from real cities and usual street names."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

GROUP = "云上百货"


@dataclass(frozen=True)
class StoreSeed:
    """A store as the generator knows it. `weight` is its share of trade relative to an average store."""

    store_id: str
    city: str
    region: str
    district: str
    short: str
    aliases: tuple[str, ...]
    address: str
    phone: str
    lat: float
    lng: float
    kind: str
    weight: float
    opened_on: date

    @property
    def name(self) -> str:
        return f"{GROUP}{self.short}" if self.short.startswith(self.city) else f"{GROUP}{self.city}{self.short}"


# city, region, area code, latitude, longitude
CITIES: tuple[tuple[str, str, str, float, float], ...] = (
    ("上海", "华东", "021", 31.23, 121.47), ("杭州", "华东", "0571", 30.25, 120.16),
    ("南京", "华东", "025", 32.06, 118.79), ("苏州", "华东", "0512", 31.31, 120.62),
    ("宁波", "华东", "0574", 29.87, 121.55), ("无锡", "华东", "0510", 31.57, 120.30),
    ("合肥", "华东", "0551", 31.82, 117.23), ("青岛", "华东", "0532", 36.07, 120.38),
    ("济南", "华东", "0531", 36.65, 117.12), ("福州", "华东", "0591", 26.08, 119.30),
    ("厦门", "华东", "0592", 24.48, 118.09), ("南昌", "华东", "0791", 28.68, 115.86),
    ("广州", "华南", "020", 23.13, 113.26), ("深圳", "华南", "0755", 22.54, 114.06),
    ("佛山", "华南", "0757", 23.02, 113.12), ("东莞", "华南", "0769", 23.02, 113.75),
    ("南宁", "华南", "0771", 22.82, 108.37), ("海口", "华南", "0898", 20.04, 110.20),
    ("北京", "华北", "010", 39.90, 116.41), ("天津", "华北", "022", 39.13, 117.20),
    ("石家庄", "华北", "0311", 38.04, 114.51), ("太原", "华北", "0351", 37.87, 112.55),
    ("大连", "华北", "0411", 38.91, 121.61), ("沈阳", "华北", "024", 41.80, 123.43),
    ("成都", "西南", "028", 30.66, 104.07), ("重庆", "西南", "023", 29.56, 106.55),
    ("昆明", "西南", "0871", 25.04, 102.71), ("贵阳", "西南", "0851", 26.65, 106.63),
    ("武汉", "华中", "027", 30.59, 114.31), ("长沙", "华中", "0731", 28.23, 112.94),
    ("郑州", "华中", "0371", 34.75, 113.63), ("西安", "华中", "029", 34.34, 108.94),
)  # fmt: skip

_STREETS = (
    "人民广场", "中山路", "解放路", "建设路", "火车站", "大学城", "滨江", "文化宫", "体育中心", "市民中心",
    "高新区", "老城", "东门", "西门", "南门", "北门", "和平路", "新华路", "胜利路", "友谊路", "青年路", "长江路",
    "黄河路", "湖滨", "江北", "江南", "会展中心", "科技园", "万象里", "金融街", "钟楼", "鼓楼",
)  # fmt: skip

# id, city, district, short, aliases, address, latitude, longitude, weight
_BY_HAND: tuple[tuple[str, str, str, str, tuple[str, ...], str, float, float, float], ...] = (
    ("S001", "上海", "徐汇区", "徐家汇店", ("旗舰店", "港汇那边", "上海旗舰店"), "肇嘉浜路1111号", 31.1935, 121.4374, 2.2),
    ("S002", "上海", "静安区", "静安寺店", ("静安店",), "南京西路1688号", 31.2231, 121.4455, 1.6),
    ("S003", "上海", "杨浦区", "五角场店", ("杨浦店",), "淞沪路77号", 31.3005, 121.5140, 1.3),
    ("S004", "杭州", "上城区", "湖滨店", ("西湖店", "杭州西湖店"), "延安路258号", 30.2555, 120.1640, 1.5),
    ("S005", "南京", "秦淮区", "新街口店", (), "中山南路18号", 32.0415, 118.7843, 1.3),
    ("S006", "苏州", "姑苏区", "观前街店", ("观前店",), "观前街100号", 31.3120, 120.6280, 1.0),
    ("S007", "广州", "天河区", "天河店", ("天河城店", "体育西店"), "天河路208号", 23.1325, 113.3230, 1.7),
    ("S008", "深圳", "福田区", "福田店", ("会展中心店",), "福华三路118号", 22.5347, 114.0590, 1.4),
    ("S009", "北京", "西城区", "西单店", (), "西单北大街120号", 39.9105, 116.3740, 1.8),
    ("S010", "北京", "朝阳区", "望京店", (), "望京街9号", 39.9960, 116.4800, 1.2),
    ("S011", "成都", "锦江区", "春熙路店", ("春熙店", "太古里旁边那家"), "东大街下东大街段199号", 30.6560, 104.0810, 1.6),
    ("S012", "重庆", "渝中区", "解放碑店", (), "邹容路68号", 29.5600, 106.5770, 1.3),
    ("S013", "武汉", "江汉区", "江汉路店", (), "江汉路步行街129号", 30.5820, 114.2920, 1.1),
    ("S014", "长沙", "芙蓉区", "五一广场店", ("五一店",), "黄兴中路188号", 28.1970, 112.9760, 1.1),
    ("S015", "天津", "和平区", "滨江道店", (), "滨江道219号", 39.1200, 117.1970, 1.0),
    ("S016", "深圳", "南山区", "南山店", ("海岸城那家",), "文心五路33号", 22.5170, 113.9370, 1.2),
)  # fmt: skip


def store_seeds(count: int, rng: Random, as_of: date) -> list[StoreSeed]:
    """The first `count` stores: those by hand first, then generated ones, by city in turn."""
    centre = {city: (region, code, lat, lng) for city, region, code, lat, lng in CITIES}
    seeds = []
    for store_id, city, district, short, aliases, address, lat, lng, weight in _BY_HAND[:count]:
        region, code, _, _ = centre[city]
        seeds.append(
            StoreSeed(
                store_id,
                city,
                region,
                district,
                short,
                aliases,
                f"{city}市{district}{address}",
                f"{code}-{6000_1000 + int(store_id[1:]) * 37}",
                lat,
                lng,
                "直营",
                weight,
                date(2016 + int(store_id[1:]) % 6, 4 + int(store_id[1:]) % 8, 18),
            )  # fmt: skip
        )
    taken = {(s.city, s.short) for s in seeds}
    number = len(seeds)
    for lap in range(200):
        for city, region, code, lat, lng in CITIES:
            if number >= count:
                return seeds
            street = _STREETS[(lap * 7 + len(city) + number) % len(_STREETS)]
            short = f"{street}店" if (city, f"{street}店") not in taken else f"{street}{lap + 1}店"
            if (city, short) in taken:
                continue
            taken.add((city, short))
            number += 1
            seeds.append(
                StoreSeed(
                    f"S{number:03d}",
                    city,
                    region,
                    f"{city}市区",
                    short,
                    (),
                    f"{city}市{street.removesuffix('路')}路{rng.randint(1, 999)}号",
                    f"{code}-{6100_0000 + number * 41}",
                    round(lat + rng.uniform(-0.12, 0.12), 4),
                    round(lng + rng.uniform(-0.12, 0.12), 4),
                    "加盟" if rng.random() < 0.45 else "直营",
                    round(rng.uniform(0.5, 1.3), 2),
                    as_of - timedelta(days=rng.randint(200, 3600)),
                )  # fmt: skip
            )
    return seeds


_LATE = {"S002": "22:30", "S007": "22:30", "S011": "22:30"}
_EARLY = {"S009", "S010", "S015"}
_ADVISERS = {
    "S001": ["周雅", "沈嘉怡"], "S002": ["顾晨"], "S004": ["叶琳"], "S007": ["何婉仪"], "S008": ["郑思远"],
    "S009": ["刘佳宁"], "S011": ["唐小月"],
}  # fmt: skip
_LOUNGES = {"S001": "6F", "S007": "5F", "S009": "6F"}  # as the documents tell
_PARKING_RATE = {"S001": 12, "S009": 15}


def store_row(seed: StoreSeed) -> dict[str, Any]:
    """A row of the `stores` table."""
    flagship = seed.store_id == "S001"
    closes = "21:30" if seed.store_id in _EARLY else "22:00"
    hours = [[d, "10:00", _LATE.get(seed.store_id, closes) if d in (4, 5) else closes] for d in range(7)]
    nursery = "3F和5F" if flagship else ("3F" if int(seed.store_id[1:]) % 2 else "4F")
    facilities = [["服务台", "1F"], ["母婴室", nursery], ["失物招领", "1F服务台"], ["轮椅婴儿车租借", "1F服务台"],
                  ["卫生间", "每层"], ["会员中心", "1F"]]  # fmt: skip
    if seed.store_id in _LOUNGES:
        facilities.append(["VIP休息室", _LOUNGES[seed.store_id]])
    if flagship:
        facilities.append(["儿童乐园", "5F"])
    floors = [
        ["B1", "食品超市（丰年）、小吃"], ["1F", "美妆护肤（拾光）、珠宝腕表"], ["2F", "女装（云织）、鞋履（步川）"],
        ["3F", "男装（云织）、运动户外（山野集）"], ["4F", "童装（初禾）、儿童用品"],
        ["5F", "家居（木里）、小家电（小满厨房）"], ["6F", "餐饮"],
    ]  # fmt: skip
    rate = _PARKING_RATE.get(seed.store_id, 10)
    return {
        "id": seed.store_id, "name": seed.name, "short": seed.short, "aliases": list(seed.aliases),
        "kind": seed.kind, "region": seed.region, "city": seed.city, "district": seed.district,
        "address": seed.address, "phone": seed.phone, "lat": seed.lat, "lng": seed.lng, "hours": hours,
        "floors": floors, "facilities": facilities,
        "parking": f"前30分钟免费，之后{rate}元/小时，每天封顶80元。当日消费满200元免2小时，满500元免4小时；"
        "金卡每天另免2小时，钻石每天另免4小时。",
        "advisers": _ADVISERS.get(seed.store_id, []), "opened_on": seed.opened_on,
    }  # fmt: skip


def org_rows(seeds: list[StoreSeed], brands: list[str]) -> list[tuple[str, str | None, str, str]]:
    """Rows of `org_units`: group → region → city → store → brand counter."""
    rows: list[tuple[str, str | None, str, str]] = [("G", None, "group", GROUP)]
    for region in dict.fromkeys(s.region for s in seeds):
        rows.append((f"R-{region}", "G", "region", f"{region}区"))
    for region, city in dict.fromkeys((s.region, s.city) for s in seeds):
        rows.append((f"C-{city}", f"R-{region}", "city", city))
    for seed in seeds:
        rows.append((seed.store_id, f"C-{seed.city}", "store", seed.name))
        rows += [(f"{seed.store_id}-B{i}", seed.store_id, "counter", b) for i, b in enumerate(brands, 1)]
    return rows
