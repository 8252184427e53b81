// What codes are called: asked of the server, all at once and in all languages, and kept as long as the tab.

const DZOP = "https://dzop.example/fhir/CodeSystem";
const SYSTEMS = {
  achievement: "http://terminology.hl7.org/CodeSystem/goal-achievement",
  action: "http://terminology.hl7.org/CodeSystem/consentaction",
  "appointment-status": "http://hl7.org/fhir/appointmentstatus",
  category: `${DZOP}/data-category`,
  goal: `${DZOP}/goal-category`,
  "goal-status": "http://hl7.org/fhir/goal-status",
  journal: `${DZOP}/journal-kind`,
  "message-kind": `${DZOP}/message-kind`,
  role: `${DZOP}/role`,
  "task-kind": `${DZOP}/task-kind`,
  "task-status": "http://hl7.org/fhir/task-status",
};
const KEPT = "dzop-words";

// By code system and code what it is called in each language.
let words = {};

/** Asks for the words, unless this tab has them. Without them codes are shown as they are, so nothing fails. */
export async function loadWords(session) {
  words = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  if (Object.keys(words).length) return;
  try {
    const { contains = [] } = await session.expand(Object.values(SYSTEMS));
    words = Object.fromEntries(contains.map((concept) => [`${concept.system}|${concept.code}`, called(concept)]));
    sessionStorage.setItem(KEPT, JSON.stringify(words));
  } catch (error) {
    console.warn(error);
  }
}

/** What a code of a group is called, or the code itself in readable form. */
export function wordIn(language, group, code) {
  return words[`${SYSTEMS[group]}|${code}`]?.[language] ?? String(code ?? "").replaceAll("-", " ");
}

/** The codes of a group that have words, in their order. */
export function codesIn(group) {
  const start = `${SYSTEMS[group]}|`;
  return Object.keys(words).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
}

/** In a language that has several names the last one counts: plain words stand behind the display of a standard. */
function called({ designation = [] }) {
  return Object.fromEntries(designation.map(({ language, value }) => [language, value]));
}
