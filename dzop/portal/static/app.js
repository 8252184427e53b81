// The portal: one state, one page drawn from it, and what the buttons do.

import { render } from "./vendor/lit/html.js";
import { currentLanguage, speak } from "./i18n/index.js";
import { loadWords } from "./i18n/words.js";
import { loadPlan } from "./loading.js";
import { nameOf } from "./plan.js";
import { currentSession, forget, hasLoggedOut, logIn, logOut, reasonsOf } from "./session.js";
import { loadToday } from "./today.js";
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
  printLetter() {
    document.body.dataset.print = "letter";
    window.print();
  },
  openForm(form) {
    change({ form, notice: undefined });
    document.getElementById(form)?.querySelector("input, select, textarea")?.focus();
  },
  closeForm() {
    const { form } = state;
    change({ form: undefined, notice: undefined });
    document.getElementById(`${form}-open`)?.focus();
  },
  complain: (place, key) => change({ notice: { place, key, isError: true } }),
  closeLetter: () => change({ letter: undefined }),
  send,
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
    show(await load(session));
  } catch (error) {
    showFailure(error, session);
  }
}

async function load(session) {
  const [user, today, plan, people] = await Promise.all([
    userOf(session),
    loadToday(session),
    session.person ? loadPlan(session, session.person) : undefined,
    session.person ? undefined : session.search("Patient?_count=100"),
    loadWords(session),
  ]);
  const seen = { session, today, userName: nameOf(user), now: new Date() };
  return plan ? { ...seen, screen: "plan", plan } : { ...seen, screen: "people", people: people.sort(byName) };
}

/**
 * Carries out a change and shows the plan as it is then. `section` is the id of where it was asked, `said` the key of
 * what to say; `keep` makes of the answer what is shown besides.
 */
async function send(request, { section, said = "change.saved", keep = () => ({}) }) {
  const { session, isBusy, form } = state;
  if (isBusy) return;
  change({ isBusy: true, notice: undefined });
  try {
    const answer = await session.change(request);
    await showAnew({ notice: { place: section, key: said }, ...keep(answer) });
  } catch (error) {
    const isOvertaken = error.statusCode === 412;
    if (isOver(error)) showFailure(error, session);
    else if (isOvertaken) await showAnew({ notice: { place: section, isError: true, key: "change.overtaken" } });
    else change({ notice: { place: form ?? section, isError: true, ...reasonOf(error) } });
  }
  change({ isBusy: false });
  document.getElementById("notice")?.focus();
}

/** The same screen as everything is now, and what there is to say of it. */
async function showAnew(details) {
  try {
    change({ ...(await load(state.session)), form: undefined, ...details });
  } catch (error) {
    showFailure(error, state.session);
  }
}

function reasonOf(error) {
  const words = error.statusCode < 500 ? reasonsOf(error) : [];
  return { key: words.length ? "change.refused" : "change.failed", words };
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

/** Another detail of the same screen. */
function change(details) {
  state = { ...state, ...details };
  draw();
}

function show(next, { focus = true } = {}) {
  state = next;
  draw();
  if (focus) root.querySelector("h1")?.focus();
}

function draw() {
  document.documentElement.lang = currentLanguage();
  document.title = titleOf(state);
  root.ariaBusy = String(Boolean(state.isBusy));
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
  delete document.body.dataset.print;
  for (const details of document.querySelectorAll("details[data-opened-for-print]")) {
    details.open = false;
    delete details.dataset.openedForPrint;
  }
});

root.replaceChildren();
start();
