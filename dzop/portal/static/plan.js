// What the FHIR resources of one person say, in the shape the pages show. Pure: no requests, no clock.

const BASE = "https://dzop.example/fhir";
const RELATIONSHIP = "http://hl7.org/fhir/StructureDefinition/goal-relationship";
const AGREEMENT = `${BASE}/StructureDefinition/member-agreement`;
const CONTACT = `${BASE}/StructureDefinition/team-contact`;
const BESIDE = ["predecessor", "successor", "replacement"];
const OVER = ["completed", "cancelled", "rejected", "failed"];

export class Plan {
  constructor(resources) {
    Object.assign(this, resources);
    this.byReference = new Map(this.others.map((resource) => [referenceTo(resource), resource]));
    this.called = new Map(this.entries.flatMap(displaysIn));
  }

  /** What the plan holds for this reader. */
  get entries() {
    return [this.goals, this.tasks, this.teams, this.messages, this.appointments, this.plans, this.consents].flat();
  }

  get isEmpty() {
    return !this.patient && !this.entries.length;
  }

  get name() {
    return this.who({ reference: `Patient/${this.id}` });
  }

  /** The language the plan is most likely written in. */
  get language() {
    return languageOf(this.patient);
  }

  /** The plan that is part of no other. */
  get umbrella() {
    return this.plans.find((plan) => !plan.partOf?.length) ?? this.plans[0];
  }

  get introduction() {
    return this.plans[0]?.description;
  }

  /** Life goals, each with the goals that serve it, each with its tasks; then what stands alone. */
  get goalTree() {
    const goals = this.orderedGoals;
    const ids = new Set(goals.map(referenceTo));
    const links = goals.flatMap(linksOf).filter(({ above }) => ids.has(above));
    const served = new Set(links.map(({ below }) => below));
    const under = (target) => {
      const found = links.filter(({ above }) => above === referenceTo(target)).map(({ below }) => below);
      return goals.filter((goal) => goal !== target && found.includes(referenceTo(goal)));
    };
    const node = (goal, path = []) => ({
      goal,
      tasks: this.tasksFor(goal),
      children: path.includes(goal) ? [] : under(goal).map((child) => node(child, [...path, goal])),
    });
    const life = goals.filter((goal) => categoryOf(goal) === "life-goal");
    const loose = goals.filter((goal) => categoryOf(goal) !== "life-goal" && !served.has(referenceTo(goal)));
    return { life: life.map((goal) => node(goal)), loose: loose.map((goal) => node(goal)) };
  }

  /** In the order the plan itself gives them; what it does not name comes last. */
  get orderedGoals() {
    const named = this.plans.flatMap((plan) => plan.goal ?? []).map((goal) => goal.reference);
    const place = (goal) => (named.includes(referenceTo(goal)) ? named.indexOf(referenceTo(goal)) : named.length);
    const goals = this.goals.filter((goal) => goal.lifecycleStatus !== "entered-in-error");
    return goals.sort((one, other) => place(one) - place(other));
  }

  tasksFor(goal) {
    return inOrder(this.visibleTasks.filter((task) => goalsOf(task).includes(referenceTo(goal))));
  }

  /** Tasks that serve no goal the reader can see. */
  get looseTasks() {
    const goals = new Set(this.goals.map(referenceTo));
    return inOrder(this.visibleTasks.filter((task) => !goalsOf(task).some((goal) => goals.has(goal))));
  }

  get visibleTasks() {
    return this.tasks.filter((task) => task.status !== "entered-in-error");
  }

  /** The team that comes first; there is mostly one. */
  get team() {
    return this.teams[0];
  }

  /** What is agreed of who is in a team. */
  get participants() {
    return this.teams.flatMap((team) => team.participant ?? []).filter((each) => isAgreed(agreementOf(each)));
  }

  /** Who waits to be agreed to, as `{team, participant}`. */
  get proposals() {
    const ofTeam = (team) => (team.participant ?? []).map((participant) => ({ team, participant }));
    return this.teams.flatMap(ofTeam).filter(({ participant }) => agreementOf(participant) === "proposed");
  }

  /** One line for each member, the contact first: `{reference, name, roles, title, organisation, since, isContact}`. */
  get members() {
    const members = new Map();
    const said = this.teams.flatMap((team) => team.extension ?? []).filter((each) => each.url === CONTACT);
    const contacts = new Set(said.map((each) => each.valueReference?.reference));
    for (const participant of this.participants) {
      if (!participant.member) continue;
      const reference = participant.member.reference ?? participant.member.identifier?.value;
      const known = members.get(reference);
      const roles = codesOf(participant.role);
      if (known) {
        known.roles.push(...roles);
        continue;
      }
      members.set(reference, {
        reference,
        name: this.who(participant.member),
        roles,
        title: this.titleOf(participant),
        organisation: this.organisationOf(reference),
        since: participant.period?.start,
        isContact: contacts.has(reference),
      });
    }
    return [...members.values()].sort((one, other) => Number(other.isContact) - Number(one.isContact));
  }

  /** Whether a reference means this user, also by one of the user's roles. */
  means(member, user) {
    const { reference } = member ?? {};
    return Boolean(reference) && [reference, this.byReference.get(reference)?.practitioner?.reference].includes(user);
  }

  /** Who said to have read a message, as references. */
  readersOf(message) {
    const isOf = (target) => target.reference?.split("/_history/")[0] === referenceTo(message);
    const told = this.receipts.filter((receipt) => receipt.target.some(isOf));
    return told.flatMap((receipt) => (receipt.agent ?? []).map((agent) => agent.who?.reference));
  }

  /** Whether a message came for this user, or for the team, and was not read yet. */
  isUnread(message, user) {
    const isFor = (recipient) => this.means(recipient, user) || recipient.reference?.startsWith("CareTeam/");
    const isMine = message.sender?.reference === user;
    return !isMine && (message.recipient ?? []).some(isFor) && !this.readersOf(message).includes(user);
  }

  /** How somebody is called: the name in the record, else what a writer called them, here or elsewhere. */
  who(reference) {
    if (!reference) return undefined;
    const known = nameOf(this.byReference.get(reference.reference));
    return known ?? reference.display ?? this.called.get(reference.reference);
  }

  titleOf(participant) {
    const member = this.byReference.get(participant.member.reference);
    const written = (participant.role ?? []).find((role) => role.text)?.text;
    const known = member?.relationship ?? member?.type ?? this.roleOf(participant.member.reference)?.code;
    return written ?? known?.[0]?.text;
  }

  organisationOf(reference) {
    return this.roleOf(reference)?.organization?.display;
  }

  roleOf(reference) {
    const itself = this.byReference.get(reference);
    if (itself?.resourceType === "PractitionerRole") return itself;
    return this.others.find(
      (each) => each.resourceType === "PractitionerRole" && each.practitioner?.reference === reference,
    );
  }

  /** The person's own choices that hold at `now`, by kind. */
  choices(now) {
    const holding = this.consents.filter(
      (consent) => consent.status === "active" && covers(consent.provision?.period, now),
    );
    const ofKind = (kind) => holding.filter((consent) => codesOf(consent.category).includes(kind));
    return {
      known: this.consents.length > 0,
      sharing: ofKind("sharing").some((consent) => consent.provision?.type === "permit"),
      excluded: ofKind("exclusion").flatMap((consent) => actorsOf(consent.provision)),
      settings: ofKind("settings")
        .flatMap((consent) => consent.provision?.provision ?? [])
        .filter((provision) => covers(provision.period, now)),
      grants: ofKind("grant"),
      relations: ofKind("therapeutic-relation"),
      mandates: ofKind("mandate"),
      caseManagement: ofKind("case-management"),
      carerShares: ofKind("carer-share"),
    };
  }
}

export function referenceTo(resource) {
  return `${resource.resourceType}/${resource.id}`;
}

/** The language in which somebody wants to be spoken to. */
export function languageOf(patient) {
  const spoken = patient?.communication ?? [];
  const preferred = spoken.find((each) => each.preferred) ?? spoken[0];
  return preferred?.language?.coding?.[0]?.code;
}

export function categoryOf(resource) {
  return codesOf([resource.category].flat())[0];
}

export function codesOf(concepts) {
  return (concepts ?? []).flatMap((concept) => concept?.coding ?? []).map((coding) => coding.code);
}

export function actorsOf(provision) {
  return (provision?.actor ?? []).map((actor) => actor.reference);
}

/** The role a logical reference names, such as everybody who is `informal-network`. */
export function roleNamedBy(reference) {
  return reference?.identifier?.system === `${BASE}/CodeSystem/role` ? reference.identifier.value : undefined;
}

export function isOver(task) {
  return OVER.includes(task.status);
}

export function nameOf(resource) {
  if (!resource) return undefined;
  if (resource.resourceType === "PractitionerRole") return resource.practitioner?.display;
  if (typeof resource.name === "string") return resource.name;
  const names = resource.name ?? [];
  const name = names.find((each) => each.use === "usual") ?? names[0];
  if (!name) return undefined;
  return name.text ?? [...(name.prefix ?? []), ...(name.given ?? []), name.family].filter(Boolean).join(" ");
}

function agreementOf(participant) {
  return participant.extension?.find((each) => each.url === AGREEMENT)?.valueCode;
}

/** What the server says nothing of was entered by who decides. */
function isAgreed(agreement) {
  return agreement === undefined || agreement === "agreed";
}

/** Every reference with a display in a resource, as pairs. */
function displaysIn(value) {
  if (value === null || typeof value !== "object") return [];
  const own = value.reference && value.display ? [[value.reference, value.display]] : [];
  return [...own, ...Object.values(value).flatMap(displaysIn)];
}

/** Which of two goals stands below the other, as a goal says it: docs/goals.md, "What serves what". */
function linksOf(goal) {
  const itself = referenceTo(goal);
  const relations = (goal.extension ?? []).filter((extension) => extension.url === RELATIONSHIP);
  return relations.flatMap(({ extension: parts = [] }) => {
    const types = codesOf(parts.filter((part) => part.url === "type").map((part) => part.valueCodeableConcept));
    const named = parts.filter((part) => part.url === "target").map((part) => part.valueReference?.reference);
    if (types.includes("milestone")) return named.map((below) => ({ below, above: itself }));
    return types.some((type) => BESIDE.includes(type)) ? [] : named.map((above) => ({ below: itself, above }));
  });
}

function goalsOf(task) {
  return [task.focus, ...(task.reasonReference ? [task.reasonReference] : []), ...(task.basedOn ?? [])]
    .map((reference) => reference?.reference)
    .filter((reference) => reference?.startsWith("Goal/"));
}

/** Whether a day or instant is not after `now`. */
export function hasCome(text, now) {
  const day = now.toLocaleDateString("sv-SE", { timeZone: "Europe/Brussels" });
  return text.length > 10 ? new Date(text) <= now : text <= day.slice(0, text.length);
}

function inOrder(tasks) {
  return [...tasks].sort((one, other) => isOver(one) - isOver(other));
}

/** Whether a FHIR period of days or instants holds at `now`; an end day is part of it. */
export function covers(period, now) {
  const { start, end } = period ?? {};
  const ended = end && hasCome(end, now) && !(end.length <= 10 && isToday(end, now));
  return (!start || hasCome(start, now)) && !ended;
}

function isToday(text, now) {
  return now.toLocaleDateString("sv-SE", { timeZone: "Europe/Brussels" }).startsWith(text);
}
