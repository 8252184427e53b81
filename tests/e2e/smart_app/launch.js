// Where the app is opened: by somebody themselves with `iss`, or by other software with `iss` and `launch`.

const { clientId, scope: alone } = await (await fetch("config.json")).json();
const isLaunched = new URLSearchParams(location.search).has("launch");
const scope = isLaunched ? alone.replace("launch/patient", "launch") : alone;
try {
  await window.FHIR.oauth2.authorize({ clientId, scope, redirectUri: "index.html", pkceMode: "required" });
} catch (error) {
  document.getElementById("told").textContent = JSON.stringify({ error: error.message });
}
