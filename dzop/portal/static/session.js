// Who is logged in, by SMART on FHIR: https://hl7.org/fhir/smart-app-launch/app-launch.html

const { FHIR } = window;

const SCOPE = "launch/patient openid fhirUser patient/*.rs user/*.rs";
const CHOSEN = "dzop-chosen-person";

export async function logIn(language) {
  const home = await homeOfService();
  if (home !== location.origin) {
    // Opened under another name of the same machine, such as localhost; the login knows only one.
    location.replace(`${home}/portal/`);
    return;
  }
  const address = await FHIR.oauth2.authorize({
    clientId: "dzop-portal",
    iss: `${location.origin}/fhir`,
    scope: SCOPE,
    redirectUri: `${location.origin}/portal/`,
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

export function logOut() {
  sessionStorage.clear();
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
    return new Session(await FHIR.oauth2.ready());
  } catch (error) {
    logOut();
    throw error;
  } finally {
    cleanAddress();
  }
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
}
