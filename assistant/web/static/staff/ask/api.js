// The page's calls to the server. An error carries a sentence for the person.
async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { headers: { "content-type": "application/json", accept: "application/json" }, ...options });
  } catch {
    throw new Error("网络断开了，请稍后再试。");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const told = await response.json().catch(() => ({}));
  if (response.status === 401) {
    location.assign(`${told.sign_in ?? "/staff/sign-in"}${told.sign_in?.includes("?") ? "" : "?next=/ops/ask"}`);
  }
  throw new Error(told.error ?? "系统出了点问题，请稍后再试。");
}

export const api = {
  ask: (question, thread, explore) => call("/ops/api/ask", { method: "POST", body: JSON.stringify({ question, thread, explore }) }),
  threads: () => call("/ops/api/threads"),
  history: (thread) => call(`/ops/api/threads/${encodeURIComponent(thread)}`),
  rename: (thread, title) => call(`/ops/api/threads/${encodeURIComponent(thread)}`, { method: "POST", body: JSON.stringify({ title }) }),
  remove: (thread) => call(`/ops/api/threads/${encodeURIComponent(thread)}`, { method: "DELETE" }),
};
