/** Requests to our own server: JSON both ways, the CSRF token along, one kind of error. */
import { t } from "./words.js";

export class HttpError extends Error {
  constructor({ status, code = "", message, param = null, data = null }) {
    super(message);
    Object.assign(this, { name: "HttpError", status, code, param, data });
  }
}

const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function request(method, url, body, headers = {}) {
  const options = { method, credentials: "same-origin", headers: { Accept: "application/json", ...headers } };
  if (method !== "GET") options.headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    throw new HttpError({ status: 0, code: "offline", message: t("The server cannot be reached. Nothing was sent.") });
  }
  const text = await answer.text();
  const data = text && (answer.headers.get("Content-Type") || "").includes("json") ? JSON.parse(text) : null;
  if (answer.ok) return data;
  const told = data?.error ?? {};
  throw new HttpError({ status: answer.status, code: told.code, param: told.param, data: told, message: told.message ?? t("The server could not do this. Please try again.") });
}

export const http = {
  get: (url) => request("GET", url),
  post: (url, body, headers) => request("POST", url, body ?? {}, headers),
  patch: (url, body, headers) => request("PATCH", url, body, headers),
  delete: (url) => request("DELETE", url),
};
