// Who is logged in, by SMART on FHIR: https://hl7.org/fhir/smart-app-launch/app-launch.html

const { FHIR } = window;

const CLIENT = "dzop-portal";
// A person has one plan, which comes with `patient/`; who has several chooses here, not once at the login.
const SCOPE = "openid fhirUser online_access patient/*.crus user/*.crus";
const CHOSEN = "dzop-chosen-person";
const LEFT = "logged-out";
const HOME = `${location.origin}/portal/`;

/** What the server said against a request, in its own words; nothing where it said nothing. */
export function reasonsOf(error) {
  try {
    // The SMART client keeps of an answer only its status and, in the message, its body behind an empty line.
    const { issue = [] } = JSON.parse(error.message.slice(error.message.indexOf("\n\n")));
    return issue.map((each) => each.details?.text ?? each.diagnostics).filter(Boolean);
  } catch {
    return [];
  }
}

export async function logIn(language) {
  const home = await homeOfService();
  if (home !== location.origin) {
    // Opened under another name of the same machine, such as localhost; the login knows only one.
    location.replace(`${home}/portal/`);
    return;
  }
  sessionStorage.removeItem(CHOSEN);
  const address = await FHIR.oauth2.authorize({
    clientId: CLIENT,
    iss: `${location.origin}/fhir`,
    scope: SCOPE,
    redirectUri: HOME,
    pkceMode: "required",
    completeInTarget: true,
    noRedirect: true,
  });
  const url = new URL(address);
  url.searchParams.set("ui_locales", language);
  location.assign(url);
}

/** The origin under which the service says it is to be found. */
async function homeOfService() {
  const answer = await fetch("/fhir/metadata", { headers: { Accept: "application/fhir+json" } });
  const { implementation } = await answer.json();
  return implementation?.url ? new URL(implementation.url).origin : location.origin;
}

/** Forgets what this tab knows. */
export function forget() {
  sessionStorage.clear();
}

/** Ends the login itself; the browser comes back here. https://openid.net/specs/openid-connect-rpinitiated-1_0.html */
export function logOut(session) {
  const idToken = session.idToken;
  forget();
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/auth/logout";
  const fields = { id_token_hint: idToken, client_id: CLIENT, post_logout_redirect_uri: HOME, state: LEFT };
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: value ?? "" });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

/** Whether the browser comes back from logging out. */
export function hasLoggedOut() {
  const parameters = new URLSearchParams(location.search);
  if (parameters.get("state") !== LEFT || parameters.has("code") || parameters.has("error")) return false;
  cleanAddress();
  return true;
}

/** The session of this browser tab, or null when nobody is logged in. */
export async function currentSession() {
  const parameters = new URLSearchParams(location.search);
  if (parameters.has("error")) {
    cleanAddress();
    throw new Error(parameters.get("error"));
  }
  if (!parameters.has("code") && !sessionStorage.getItem("SMART_KEY")) return null;
  try {
    if (parameters.has("code")) requireOwnAnswer(parameters);
    return new Session(await FHIR.oauth2.ready());
  } catch (error) {
    forget();
    throw error;
  } finally {
    cleanAddress();
  }
}

/**
 * Whether the answer is of our own server: https://www.rfc-editor.org/rfc/rfc9207. To the SMART client `iss` is a FHIR
 * server to launch from, so it must not see it.
 */
function requireOwnAnswer(parameters) {
  if (parameters.get("iss") !== `${location.origin}/auth`) throw new Error("an answer of another server");
  parameters.delete("iss");
  history.replaceState(null, "", `?${parameters}`);
}

function cleanAddress() {
  history.replaceState(null, "", location.pathname + location.hash);
}

class Session {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /** Reference of who is logged in, such as `RelatedPerson/an`. */
  get user() {
    return (this.#client.user.fhirUser ?? "").split("/").slice(-2).join("/");
  }

  get idToken() {
    return this.#client.getState("tokenResponse.id_token");
  }

  /** Whether this person could act in another role too; told to this app only. */
  get hasOtherRoles() {
    return this.#client.getState("tokenResponse.capacities") > 1;
  }

  /** Id of the person whose plan is shown; a professional chooses one. */
  get person() {
    return this.#client.patient.id ?? sessionStorage.getItem(CHOSEN);
  }

  get mayChoose() {
    return !this.#client.patient.id;
  }

  choose(id) {
    if (id) sessionStorage.setItem(CHOSEN, id);
    else sessionStorage.removeItem(CHOSEN);
  }

  /** All resources a search finds, of all its pages; none when it is not allowed or not offered. */
  async search(query) {
    try {
      const found = await this.#client.request(query, { pageLimit: 0, flat: true });
      return found.filter((resource) => resource?.resourceType !== "OperationOutcome");
    } catch (error) {
      if ([403, 404].includes(error.statusCode)) return [];
      throw error;
    }
  }

  /**
   * Carries out one change: `{method, url, body, version}`, where `body` of a PATCH is a JSON Patch, and `version` the
   * one that was looked at.
   */
  change({ method, url, body, version }) {
    const headers = { "Content-Type": method === "PATCH" ? "application/json-patch+json" : "application/fhir+json" };
    if (version) headers["If-Match"] = `W/"${version}"`;
    return this.#client.request({ url, method, headers, body: JSON.stringify(body) });
  }

  /** Pages to print: what an operation answers as PDF. */
  async printed(url) {
    const { response } = await this.#client.request({
      url,
      headers: { Accept: "application/pdf" },
      includeResponse: true,
    });
    return response.blob();
  }

  /** All pages of a Bundle as one. */
  async whole(url) {
    const [first, ...others] = await this.#client.request(url, { pageLimit: 0 });
    const { link, ...bundle } = first;
    return { ...bundle, entry: [first, ...others].flatMap((page) => page.entry ?? []) };
  }

  /** All codes of these code systems, as R4's `expansion`. https://hl7.org/fhir/R4/valueset-operation-expand.html */
  async expand(systems) {
    const valueSet = {
      resourceType: "ValueSet",
      status: "active",
      compose: { include: systems.map((system) => ({ system })) },
    };
    const parameter = [
      { name: "valueSet", resource: valueSet },
      { name: "includeDesignations", valueBoolean: true },
    ];
    const { expansion } = await this.#client.request({
      url: "ValueSet/$expand",
      method: "POST",
      headers: { "Content-Type": "application/fhir+json" },
      body: JSON.stringify({ resourceType: "Parameters", parameter }),
    });
    return expansion;
  }
}
