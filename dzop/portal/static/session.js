// Who is logged in, by SMART on FHIR: https://hl7.org/fhir/smart-app-launch/app-launch.html

const { FHIR } = window;

const SCOPE = "launch/patient openid fhirUser patient/*.rs user/*.rs";
const CHOSEN = "dzop-chosen-person";

export async function logIn(language) {
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

  read(reference) {
    return this.#client.request(reference);
  }

  /** All resources a search finds, of all its pages; none when it is not allowed. */
  async search(query) {
    try {
      const found = await this.#client.request(query, { pageLimit: 0, flat: true });
      return found.filter((resource) => resource?.resourceType !== "OperationOutcome");
    } catch (error) {
      if (error.statusCode === 403) return [];
      throw error;
    }
  }
}
