/**
 * Send a form of the page without leaving it, so that what was typed stays where it is until the server has it.
 *
 * Resolves to `{ status, location, page }`: `location` is where a saved form leads to, `page` the answer as a document. Throws
 * when no answer came.
 */
const ANSWER_WITHIN = 20_000;

export function sendForm(form, button) {
  const body = new FormData(form);
  if (button?.name) body.set(button.name, button.value);
  // Attributes, because a field named "method" or "action" hides the form's own.
  const isFile = form.getAttribute("enctype") === "multipart/form-data";
  return ask("POST", form.getAttribute("action") || window.location.href, isFile ? body : new URLSearchParams(body), isFile ? 0 : ANSWER_WITHIN);
}

export const getPage = (url) => ask("GET", url, null, ANSWER_WITHIN);

function ask(method, url, body, patience) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "document";
    request.timeout = patience;
    request.setRequestHeader("Accept", "text/html");
    // A redirect is told instead of followed: the page that follows is the browser's to open, with its messages.
    request.setRequestHeader("X-Form", "1");
    request.onload = () => resolve({ status: request.status, location: request.getResponseHeader("X-Location"), page: request.responseXML });
    request.onerror = request.ontimeout = () => reject(new Error(`${url} does not answer`));
    request.send(body);
  });
}
