// Where the app comes back to: it tells what it got, and does what a test asks through `window.app`.

const told = document.getElementById("told");
const tell = (answer) => (told.textContent = JSON.stringify(answer));

try {
  const client = await window.FHIR.oauth2.ready();
  const { id_token: idToken, ...token } = client.state.tokenResponse;
  window.app = {
    accessToken: () => client.getState("tokenResponse.access_token"),
    refresh: async () => {
      const before = client.getState("tokenResponse.access_token");
      await client.refresh();
      return client.getState("tokenResponse.access_token") !== before;
    },
    status: (query) => client.request(query).then(() => 200, (error) => error.statusCode),
    goals: async () => (await client.request(`Goal?patient=${client.patient.id}`)).total,
    logOut: (address) => {
      const parameters = { id_token_hint: idToken, post_logout_redirect_uri: location.href.split("?")[0] };
      location.assign(`${address}?${new URLSearchParams(parameters)}`);
    },
  };
  tell({
    patient: client.patient.id,
    user: client.user.fhirUser.split("/").slice(-2).join("/"),
    scope: token.scope,
    canRefresh: Boolean(token.refresh_token),
    banner: token.need_patient_banner,
    name: (await client.patient.read().catch(() => null))?.name?.[0]?.family,
  });
} catch (error) {
  tell({ error: error.message });
}
