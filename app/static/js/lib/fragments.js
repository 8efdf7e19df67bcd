const WITHIN = 20_000;

/**
 * Fetch a page or a part of one as a document.
 *
 * XMLHttpRequest parses HTML without running its scripts and needs no string-to-HTML sink, which the
 * content security policy forbids. Resolves to null when the server says that it is gone. A line that swallows everything
 * is an error in the end: whoever waits for the page asks again.
 */
export function fetchDocument(url, { fragment } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.timeout = WITHIN;
    if (fragment) request.setRequestHeader("X-Fragment", fragment);
    request.onload = () => {
      if (request.status === 404 || request.status === 410) resolve(null);
      else if (request.status >= 200 && request.status < 300 && request.responseXML) resolve(request.responseXML);
      else reject(new Error(`${url} answered ${request.status}`));
    };
    request.onerror = request.ontimeout = () => reject(new Error(`${url} cannot be reached`));
    request.send();
  });
}
