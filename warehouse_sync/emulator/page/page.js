// The page of the emulator: asks what there is every two seconds, and shows it. Text is only ever set as text.
"use strict";

const PAGE = 25;
const POLL = 2000;
const view = { workspace: "", search: "", skip: 0, open: new Set(), shown: "" };
const find = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawing(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const moment = (text) => (text ? text.replace("T", " ").replace(/(\.\d+)?Z$/, "") : "–");
const messages = (errors) => errors.map((error) => error.message).join(" ");

async function call(method, path, body) {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body) });
  const document = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(messages(document.errors));
  return document;
}

// Bars from the oldest run to the newest: records upwards, failed ones and failed runs downwards.
function timeline(runs) {
  const width = 10 * Math.max(runs.length, 24);
  const tallest = Math.max(1, ...runs.map((run) => Math.max(run.successful_records, run.failed_records)));
  const tall = (records) => (records ? 4 + 26 * Math.sqrt(records / tallest) : 0);
  const picture = drawing("svg", {
    viewBox: `0 0 ${width} 72`, preserveAspectRatio: "none", role: "img",
    "aria-label": `Timeline of the newest ${plural(runs.length, "run")}`,
  }, drawing("line", { x1: 0, x2: width, y1: 36, y2: 36 }));
  runs.toReversed().forEach((run, index) => {
    const x = width - 10 * (runs.length - index) + 1;
    const title = `${run.id}: ${run.status}, ${moment(run.logical_date)}, ${run.successful_records} loaded, ${run.failed_records} failed`;
    const group = drawing("g", { class: run.status }, drawing("title", {}, title));
    const up = run.status === "failed" ? 0 : Math.max(3, tall(run.successful_records));
    const down = run.status === "failed" ? Math.max(8, tall(run.failed_records)) : tall(run.failed_records);
    group.append(drawing("rect", { x, y: 36 - up, width: 8, height: up }));
    group.append(drawing("rect", { x, y: 36, width: 8, height: down, class: "failed" }));
    picture.append(group);
  });
  return picture;
}

function table(runs) {
  const head = ["Run", "Status", "Logical date", "Loaded", "Failed", "From", "Until", "Errors"];
  const numbers = new Set([0, 3, 4]);
  const cell = (kind, text, index) => element(kind, numbers.has(index) ? { class: "number" } : {}, String(text));
  const row = (run) => {
    const texts = [
      run.id, run.status, moment(run.logical_date), run.successful_records, run.failed_records,
      moment(run.range_start), moment(run.range_end), messages(run.errors),
    ];
    const made = element("tr", {}, ...texts.map((text, index) => cell("td", text, index)));
    made.children[1].className = run.status;
    return made;
  };
  return element("div", { class: "wide", tabindex: "0" }, element("table", {},
    element("thead", {}, element("tr", {}, ...head.map((text, index) => cell("th", text, index)))),
    element("tbody", {}, ...runs.map(row))));
}

function runsOf(pipeline) {
  const details = element("details", view.open.has(pipeline.id) ? { open: "" } : {},
    element("summary", {}, `${plural(pipeline.count, "run")}${pipeline.count > pipeline.runs.length ? `, the newest ${pipeline.runs.length}` : ""}`));
  const fill = () => { if (details.open && details.children.length === 1) details.append(table(pipeline.runs)); };
  details.addEventListener("toggle", () => {
    if (details.open) view.open.add(pipeline.id); else view.open.delete(pipeline.id);
    fill();
  });
  fill();
  return details;
}

function article(pipeline) {
  const next = pipeline.next ? `, next ${moment(pipeline.next)}` : "";
  const made = element("article", { "data-pipeline": pipeline.id },
    element("header", {},
      element("h2", {}, pipeline.id),
      element("span", { class: `status ${pipeline.status}` }, pipeline.status),
      element("span", { class: "quiet" }, `${pipeline.state}, ${pipeline.schedule}${next}`)));
  if (pipeline.errors.length) made.append(element("p", { class: "failed" }, messages(pipeline.errors)));
  if (pipeline.runs.length) made.append(timeline(pipeline.runs), runsOf(pipeline));
  else made.append(element("p", { class: "quiet" }, "No run yet."));
  return made;
}

function describe(fault) {
  const effects = Object.entries(fault)
    .filter(([name, value]) => !["route", "count"].includes(name) && value && Object.keys(Object(value)).length + (typeof value !== "object"))
    .map(([name, value]) => (value === true ? name : `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`));
  const times = fault.count === null ? "every request" : `next ${plural(fault.count, "request")}`;
  return `${fault.route}: ${effects.join(", ") || "nothing"}, ${times}`;
}

function showHead(seen) {
  find("now").textContent = `${moment(seen.now)} UTC`;
  find("now").dateTime = seen.now;
  find("turn").hidden = seen.clock !== "virtual";
  find("still").hidden = seen.clock === "virtual";
  find("summary").textContent = `${plural(seen.workspaces.length, "workspace")} · here ${plural(seen.connections.count, "connection")}, `
    + `${plural(seen.data_models.count, "data model")}, ${plural(seen.found, "pipeline")} · runs are ${seen.warehouse ? "real" : "simulated"}`;
  find("faults").hidden = !seen.faults.length;
  find("faults").querySelector("ul").replaceChildren(...seen.faults.map((fault) => element("li", {}, describe(fault))));
  const wrong = [...seen.connections.wrong, ...seen.data_models.wrong].map((each) => `${each.id}: ${messages(each.errors)}`);
  find("wrong").hidden = !wrong.length;
  find("wrong").textContent = wrong.join(" · ");
}

function showWorkspaces(seen) {
  const options = seen.workspaces.map((each) => {
    const option = element("option", { value: each.id }, `${each.id} (${plural(each.pipelines, "pipeline")})`);
    option.selected = each.id === seen.workspace;
    return option;
  });
  find("workspace").replaceChildren(...options);
}

function showPipelines(seen) {
  const empty = view.search ? "No pipeline has an id like that." : "No pipeline yet. Create one through the API, or POST /_emulator/seed.";
  const shown = seen.pipelines.map(article);
  find("pipelines").replaceChildren(...(shown.length ? shown : [element("p", { class: "quiet" }, empty)]));
  find("more").hidden = seen.found <= PAGE;
  find("more").querySelector("span").textContent = `${view.skip + 1} to ${view.skip + seen.pipelines.length} of ${seen.found.toLocaleString("en")}`;
  find("earlier").disabled = view.skip === 0;
  find("later").disabled = view.skip + PAGE >= seen.found;
}

function trouble(error) {
  find("trouble").hidden = !error;
  find("trouble").textContent = error ? `The emulator did not answer as hoped: ${error.message}` : "";
}

async function refresh() {
  const query = new URLSearchParams({ search: view.search, skip: view.skip });
  if (view.workspace) query.set("workspace", view.workspace);
  try {
    const seen = await call("GET", `/_emulator/overview?${query}`);
    trouble(null);
    showHead(seen);
    const shown = JSON.stringify({ ...seen, now: "" });
    if (shown === view.shown) return; // nothing new: what somebody reads or has focused stays
    view.shown = shown;
    showWorkspaces(seen);
    showPipelines(seen);
  } catch (error) {
    trouble(error);
  }
}

async function act(method, path, body) {
  try {
    await call(method, path, body);
    await refresh();
  } catch (error) {
    trouble(error);
  }
}

function look(changes) {
  Object.assign(view, { skip: 0 }, changes);
  return refresh();
}

find("turn").addEventListener("click", (event) => {
  const advance = event.target.dataset.advance;
  if (advance) act("POST", "/_emulator/clock", { advance });
});
find("clear").addEventListener("click", () => act("DELETE", "/_emulator/faults"));
find("workspace").addEventListener("change", (event) => look({ workspace: event.target.value }));
find("search").addEventListener("input", (event) => look({ search: event.target.value }));
find("earlier").addEventListener("click", () => look({ skip: Math.max(0, view.skip - PAGE) }));
find("later").addEventListener("click", () => look({ skip: view.skip + PAGE }));
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, POLL);
