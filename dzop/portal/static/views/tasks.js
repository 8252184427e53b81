import { html, nothing } from "../vendor/lit/html.js";
import { day, period, t, word } from "../i18n/index.js";
import { hasCome, isOver } from "../plan.js";
import { chip, written } from "./parts.js";

const TONES = { "in-progress": "good", completed: "done" };

/** Each task with who does it, when, and how far it is. */
export function taskList(view, tasks) {
  return html`<ul class="tasks">
    ${tasks.map((task) => html`<li class=${isOver(task) ? "over" : ""}>${taskView(view, task)}</li>`)}
  </ul>`;
}

function taskView(view, task) {
  const language = view.plan.language;
  const title = task.code?.text ?? task.description;
  const when = whenDone(task.executionPeriod ?? task.restriction?.period, view.now);
  return html`<div class="task-title">
      <strong>${written(title, language)}</strong> ${chip(word("task-status", task.status), TONES[task.status])}
    </div>
    ${task.description && task.description !== title ? html`<p>${written(task.description, language)}</p>` : nothing}
    <dl>
      <div>
        <dt>${t("task.who")}</dt>
        <dd>${view.plan.who(task.owner) ?? t("task.nobody")}</dd>
      </div>
      ${when
        ? html`<div>
            <dt>${t("task.when")}</dt>
            <dd>${when}</dd>
          </div>`
        : nothing}
    </dl>`;
}

function whenDone(value, now) {
  const runs = value?.start && !value.end && hasCome(value.start, now);
  return runs ? t("period.since", { date: day(value.start) }) : period(value);
}
