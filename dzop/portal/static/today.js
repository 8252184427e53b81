// What the one who is logged in has to do, for everybody whose plan they see, and what they can say about it.

import { hasCome, languageOf, nameOf, referenceTo } from "./plan.js";

// By the state of a task what its owner can say: docs/tasks.md, "From hand to hand".
const STEPS = {
  draft: ["accept"],
  requested: ["accept", "decline"],
  received: ["accept", "decline"],
  accepted: ["start", "done"],
  ready: ["start", "done"],
  "on-hold": ["start", "done"],
  "in-progress": ["done"],
};
const STATES = { accept: "accepted", take: "accepted", decline: "rejected", start: "in-progress", done: "completed" };
const SHARED = ["CareTeam", "Organization", "HealthcareService"];

/** The tasks of today, overdue first, and the persons they are for. */
export async function loadToday(session) {
  const found = await session.search("Task/$mine?_count=200");
  const isTask = (resource) => resource.resourceType === "Task";
  const persons = found.filter((resource) => !isTask(resource));
  return new Today(found.filter(isTask), new Map(persons.map((person) => [referenceTo(person), person])));
}

class Today {
  constructor(tasks, persons) {
    this.tasks = tasks;
    this.persons = persons;
  }

  /** Those for one person, by id; without one, for everybody. */
  tasksFor(id) {
    return this.tasks.filter((task) => !id || task.for?.reference === `Patient/${id}`);
  }

  /** How the person is called whom a task is for. */
  personOf(task) {
    return nameOf(this.persons.get(task.for?.reference)) ?? task.for?.display;
  }

  /** The language a task is most likely written in. */
  languageOf(task) {
    return languageOf(this.persons.get(task.for?.reference));
  }
}

/** What can be said of a task that `$mine` lists: what is not one's own yet can be taken up. */
export function stepsFor(task) {
  const steps = STEPS[task.status] ?? [];
  return isShared(task) && steps.includes("accept") ? ["take"] : steps;
}

/** Whether a task is of nobody in particular, but of a team, an organisation, or open to several. */
function isShared(task) {
  return !task.owner || SHARED.includes(task.owner.reference?.split("/")[0]);
}

/** The request that says a step, as session.js carries it out; `text` is why not, or how it went. */
export function stepTaken(task, step, user, text) {
  const body = [{ op: "replace", path: "/status", value: STATES[step] }];
  if (step === "take") body.push({ op: "add", path: "/owner", value: { reference: user } });
  if (text && step === "decline") body.push({ op: "add", path: "/statusReason", value: { text } });
  if (text && step === "done") body.push({ op: "add", path: "/note", value: [...(task.note ?? []), { text }] });
  return { method: "PATCH", url: referenceTo(task), body, version: task.meta.versionId };
}

/** Until when it must be done. */
export function dueOf(task) {
  return task.restriction?.period?.end;
}

/** Whether the day by which it had to be done is past; that day itself still counts. */
export function isLate(task, now) {
  const due = dueOf(task);
  const yesterday = new Date(now - 24 * 60 * 60 * 1000);
  return Boolean(due) && hasCome(due, due.length > 10 ? now : yesterday);
}
