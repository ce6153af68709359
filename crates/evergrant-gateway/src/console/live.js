// Shows what has changed without a reload. The page is whole without it, and who works in it is not disturbed.
const look = async () => {
  const main = document.querySelector("main");
  if (document.hidden || main.contains(document.activeElement)) return;
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = [...main.querySelectorAll("details")].map((it) => it.open);
  const fresh = page.querySelector("main");
  fresh.querySelectorAll("details").forEach((it, at) => (it.open = open[at]));
  if (fresh.innerHTML !== main.innerHTML) main.replaceWith(fresh);
};
setInterval(() => look().catch(() => {}), 3000);
