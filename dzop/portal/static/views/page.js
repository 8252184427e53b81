import { html, nothing } from "../vendor/lit/html.js";
import { currentLanguage, day, LANGUAGES, t } from "../i18n/index.js";
import { officesOf } from "../offices.js";
import { nameOf } from "../plan.js";
import { appointmentsView } from "./appointments.js";
import { goalsView } from "./goals.js";
import { messagesView } from "./messages.js";
import { isOwn, ownOr, section, written } from "./parts.js";
import { sharingView } from "./sharing.js";
import { teamView } from "./team.js";
import { isShown, todayView } from "./today.js";

const SECTIONS = ["goals", "appointments", "messages", "team", "sharing"];
const CONTENT = { welcome, loading, failure, people, plan };

/** The whole page for one state of the app; `actions` are what its buttons do. */
export function page(state, actions) {
  return html`<a class="skip" href="#content" @click=${actions.skip}>${t("skip")}</a>
    <header class="bar">
      <p class="brand"><img src="icon.svg" alt="" width="40" height="40" /> <span>dzop</span></p>
      ${languages(actions)}
      ${state.session ? own(state, actions) : nothing}
    </header>
    <main id="content" tabindex="-1">${CONTENT[state.screen](state, actions)}</main>
    <footer>${state.screen === "plan" ? html`<p>${t("footer")}</p>` : nothing}</footer>`;
}

export function titleOf(state) {
  if (state.screen === "plan") return ownOr(state, "title");
  return t(state.screen === "people" ? "people" : "title.empty");
}

/** What somebody who is logged in can do about the login itself. */
function own(state, actions) {
  return html`<nav class="own" aria-label=${t("own")}>
    <ul>
      <li><a id="account" href="/auth/account?ui_locales=${currentLanguage()}">${t("own.account")}</a></li>
      ${state.session.hasOtherRoles
        ? html`<li><button class="quiet" id="switch" @click=${actions.logIn}>${t("own.switch")}</button></li>`
        : nothing}
      <li><button class="quiet" id="log-out" @click=${actions.logOut}>${t("log-out")}</button></li>
    </ul>
  </nav>`;
}

function languages(actions) {
  const button = ([code, name]) =>
    html`<li>
      <button lang=${code} aria-pressed=${code === currentLanguage()} @click=${() => actions.speak(code)}>
        ${name}
      </button>
    </li>`;
  return html`<nav class="languages" aria-label=${t("language")}>
    <ul>
      ${Object.entries(LANGUAGES).map(button)}
    </ul>
  </nav>`;
}

function welcome(state, actions) {
  return html`<div class="welcome">
    ${state.message ? html`<p class="message" role="status">${t(state.message)}</p>` : nothing}
    <h1 tabindex="-1">${t("welcome.title")}</h1>
    <p class="lead">${t("welcome.text")}</p>
    <p><button class="primary" id="log-in" @click=${actions.logIn}>${t("welcome.log-in")}</button></p>
  </div>`;
}

function loading() {
  return html`<p class="lead" role="status">${t("loading")}</p>`;
}

function failure(state, actions) {
  return html`<h1 tabindex="-1">${t("error.title")}</h1>
    <p class="lead" role="alert">${t("error.text")}</p>
    <p><button class="primary" @click=${actions.again}>${t("error.again")}</button></p>`;
}

function people(state, actions) {
  return html`<h1 tabindex="-1">${t("people")}</h1>
    ${loggedInAs(state.userName)} ${todayView({ ...state, actions })}
    ${section("people", t("people.title"), peopleList(state, actions))}`;
}

function peopleList(state, actions) {
  if (!state.people.length) return html`<p>${t("people.none")}</p>`;
  return html`<ul class="people">
    ${state.people.map(
      (person) => html`<li>
        <button @click=${() => actions.choose(person.id)}>
          <strong>${nameOf(person) ?? person.id}</strong>
          ${person.birthDate ? html`<span>${t("people.born", { date: day(person.birthDate) })}</span>` : nothing}
        </button>
      </li>`,
    )}
  </ul>`;
}

function loggedInAs(name) {
  return name ? html`<p class="soft who">${t("logged-in-as", { name })}</p>` : nothing;
}

function plan(state, actions) {
  const user = state.userName ?? state.plan.who({ reference: state.session.user });
  return html`<h1 tabindex="-1">${ownOr(state, "title")}</h1>
    ${loggedInAs(user)}
    ${state.plan.isEmpty ? html`<p class="lead">${t("nothing")}</p>` : contents(viewOf(state, actions))}
    <p class="tools">
      <button class="quiet" @click=${actions.print}>${t("print")}</button>
      ${state.plan.umbrella
        ? html`<button class="quiet" id="download-plan" @click=${actions.downloadPlan}>${t("download.plan")}</button>`
        : nothing}
      ${isOwn(state)
        ? html`<button class="quiet" id="download-everything" @click=${actions.downloadEverything}>
            ${t("download.everything")}
          </button>`
        : nothing}
      ${state.session.mayChoose
        ? html`<button class="quiet" @click=${() => actions.choose(null)}>${t("other-person")}</button>`
        : nothing}
    </p>`;
}

/** What the sections show, and what can be done there by whom it is shown to. */
function viewOf(state, actions) {
  return { ...state, actions, offices: officesOf(state.plan, state.session.user, state.now) };
}

function contents(view) {
  const { id } = view.plan;
  const sections = isShown(view, id) ? ["today", ...SECTIONS] : SECTIONS;
  return html`${view.plan.introduction
      ? html`<p class="lead">${written(view.plan.introduction, view.plan.language)}</p>`
      : nothing}
    <nav class="menu" aria-label=${t("menu")}>
      <ul>
        ${sections.map((section) => html`<li><a href="#${section}">${t(`menu.${section}`)}</a></li>`)}
      </ul>
    </nav>
    ${todayView(view, id)} ${goalsView(view)} ${appointmentsView(view)} ${messagesView(view)} ${teamView(view)}
    ${sharingView(view)}`;
}
