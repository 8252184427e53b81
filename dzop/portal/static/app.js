// The portal: one state, one page drawn from it, and what the buttons do.

import { render } from "./vendor/lit/html.js";
import { currentLanguage, speak } from "./i18n/index.js";
import { loadWords } from "./i18n/words.js";
import { loadPlan, nameOf } from "./plan.js";
import { currentSession, forget, hasLoggedOut, logIn, logOut } from "./session.js";
import { page, titleOf } from "./views/page.js";

const root = document.getElementById("app");
let state = { screen: "loading" };

const actions = {
  logIn: () => logIn(currentLanguage()).catch(() => show({ screen: "failure" })),
  logOut: () => logOut(state.session),
  speak(language) {
    speak(language);
    draw();
  },
  choose(id) {
    state.session.choose(id);
    return open(state.session);
  },
  again: () => start(),
  print: () => window.print(),
  downloadPlan: () => download(planToPrint),
  downloadEverything: () => download(everything),
  skip(event) {
    event.preventDefault();
    document.getElementById("content").focus();
  },
};

async function start() {
  show({ screen: "loading" }, { focus: false });
  if (hasLoggedOut()) {
    show({ screen: "welcome", message: "welcome.logged-out" }, { focus: false });
    return;
  }
  try {
    const session = await currentSession();
    if (session) await open(session);
    else show({ screen: "welcome" }, { focus: false });
  } catch {
    show({ screen: "welcome", message: "welcome.not-logged-in" });
  }
}

/** Shows the plan, or first whose plans there are to choose from. */
async function open(session) {
  show({ screen: "loading", session }, { focus: false });
  try {
    if (session.person) {
      const [plan, user] = await Promise.all([
        loadPlan(session, session.person),
        userOf(session),
        loadWords(session),
      ]);
      show({ screen: "plan", session, plan, userName: nameOf(user), now: new Date() });
    } else {
      const people = await session.search("Patient?_count=100");
      show({ screen: "people", session, people: people.sort(byName) });
    }
  } catch (error) {
    showFailure(error, session);
  }
}

function showFailure(error, session) {
  if (isOver(error)) {
    forget();
    show({ screen: "welcome", message: "welcome.expired" });
  } else {
    show({ screen: "failure", session });
  }
}

/** Hands a file to the browser: `make` gives its name and what is in it. */
async function download(make) {
  const { session } = state;
  try {
    const { name, content } = await make(session, state.plan);
    const link = document.createElement("a");
    Object.assign(link, { href: URL.createObjectURL(content), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    showFailure(error, session);
  }
}

async function planToPrint(session, plan) {
  const url = `CarePlan/${plan.umbrella.id}/$document?language=${currentLanguage()}`;
  return { name: "plan.pdf", content: await session.printed(url) };
}

async function everything(session, plan) {
  const bundle = await session.whole(`Patient/${plan.id}/$everything`);
  return { name: "plan.json", content: new Blob([JSON.stringify(bundle)], { type: "application/fhir+json" }) };
}

/** Whether nobody is logged in any more: the token no longer counts, and there is no other to be had. */
function isOver(error) {
  return error.statusCode === 401 || /invalid_grant/.test(error.message);
}

async function userOf(session) {
  const [type, id] = session.user.split("/");
  const [user] = id ? await session.search(`${type}?_id=${id}`) : [];
  return user;
}

function byName(one, other) {
  return (nameOf(one) ?? "").localeCompare(nameOf(other) ?? "", currentLanguage());
}

function show(next, { focus = true } = {}) {
  state = next;
  draw();
  if (focus) root.querySelector("h1")?.focus();
}

function draw() {
  document.documentElement.lang = currentLanguage();
  document.title = titleOf(state);
  render(page(state, actions), root);
}

// What is folded away on the screen belongs on paper.
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    details.dataset.openedForPrint = "";
  }
});
window.addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("details[data-opened-for-print]")) {
    details.open = false;
    delete details.dataset.openedForPrint;
  }
});

root.replaceChildren();
start();
