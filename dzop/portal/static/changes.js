// What people change in a plan, each as one request of the public API, as session.js carries it out. Pure.

import { referenceTo } from "./plan.js";

const CODES = "https://dzop.example/fhir/CodeSystem";

/** A message of `sender` to these recipients (References); `answered` is the message it replies to. */
export function message(plan, { sender, recipients, text, answered, now }) {
  const thread = answered && { partOf: [threadOf(answered)], inResponseTo: [{ reference: referenceTo(answered) }] };
  return create({ ...communication(plan, "message", sender, text, now), recipient: recipients, ...thread });
}

/** A page of the journal about something (`kind`, a code of journal-kind); `readers` are References. */
export function journalPage(plan, { sender, kind, text, readers, now }) {
  const topic = { coding: [{ system: `${CODES}/journal-kind`, code: kind }] };
  const recipient = readers.length ? { recipient: readers } : {};
  return create({ ...communication(plan, "journal", sender, text, now), topic, ...recipient });
}

/** Opens a page of the journal to the readers, or closes it when there are none. */
export function journalOpened(page, readers) {
  const path = "/recipient";
  const body = [readers.length ? { op: "add", path, value: readers } : { op: "remove", path }];
  return { method: "PATCH", url: referenceTo(page), body, version: page.meta.versionId };
}

export function readingOf(received) {
  return operation(`${referenceTo(received)}/$mark-read`, []);
}

/** Asks for the code and the letter for somebody new in a role of the informal circle. */
export function invitation(team, name, role) {
  return operation(`${referenceTo(team)}/$invite`, [
    { name: "name", valueString: name },
    { name: "role", valueCoding: { system: `${CODES}/role`, code: role } },
  ]);
}

/** Agrees to a proposed entry of a team, or declines it. */
export function decision({ team, participant }, agrees) {
  const role = participant.role?.[0]?.coding?.[0];
  return operation(`${referenceTo(team)}/${agrees ? "$agree" : "$decline"}`, [
    { name: "member", valueReference: participant.member },
    ...(role ? [{ name: "role", valueCoding: role }] : []),
  ]);
}

/** The first message of the thread that a message belongs to. */
function threadOf(answered) {
  const first = answered.partOf?.find((each) => each.reference?.startsWith("Communication/"));
  return first ?? { reference: referenceTo(answered) };
}

function communication(plan, category, sender, text, now) {
  return {
    resourceType: "Communication",
    status: "completed",
    category: [{ coding: [{ system: `${CODES}/data-category`, code: category }] }],
    subject: { reference: `Patient/${plan.id}` },
    sender,
    sent: now.toISOString(),
    payload: [{ contentString: text }],
  };
}

function create(resource) {
  return { method: "POST", url: resource.resourceType, body: resource };
}

function operation(url, parameter) {
  return { method: "POST", url, body: { resourceType: "Parameters", ...(parameter.length ? { parameter } : {}) } };
}
