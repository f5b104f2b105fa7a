// Draws the selected part of the page, and again when the emulator's data changes.
import { data, now, refresh } from "./controls.js";
import { counted, el, morph, page, time } from "./elements.js";
import { identitiesView } from "./access.js";
import { connectView } from "./connect.js";
import { clockView, faultsView, offsetText } from "./faults.js";
import { requestsView } from "./requests.js";
import { vaultsView } from "./vaults.js";

const main = document.getElementById("main");
const health = document.getElementById("health");
const clock = document.getElementById("now");

const views = {
  connect: connectView, vaults: vaultsView, identities: identitiesView, requests: requestsView, faults: faultsView,
  clock: clockView,
};
const current = () => location.hash.slice(1) in views ? location.hash.slice(1) : "vaults";

page.draw = () => {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${current()}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  morph(main, el("main", {}, views[current()]()));
};

page.update = async (always = false) => {
  try {
    const isNew = await refresh();
    const objects = data.vaults.flatMap((vault) => Object.values(vault.objects).flat());
    health.className = "up";
    health.textContent = [counted(data.vaults, "vault"), counted(objects, "object"), counted(data.faults, "fault")]
      .join(", ");
    if (isNew || always) page.draw();
  } catch (error) {
    health.className = "down";
    health.textContent = "the emulator does not respond";
    if (always) throw error;
  }
};

function drawClock() {
  const { offset } = data.clock;
  clock.classList.toggle("moved", offset !== 0);
  morph(clock, el("a", {}, time(now(), "clock"), offset !== 0 && ` ${offsetText(offset)}`));
  const large = document.getElementById("clock-time");
  if (large) morph(large, el("p", {}, time(now(), "full")));
}

addEventListener("hashchange", () => { page.draw(); scrollTo(0, 0); main.focus({ preventScroll: true }); });
page.draw();
try {
  await page.update(true);
} catch { /* shown at the top */ }
drawClock();
document.documentElement.dataset.ready = "true";
setInterval(() => { if (!document.hidden) page.update(); }, 1000);
setInterval(drawClock, 500);
