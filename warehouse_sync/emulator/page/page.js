// The emulator's page: requests its data every two seconds and shows it. Strings are set as text, never as HTML.
"use strict";

const PAGE = 25;
const POLL = 2000;
const view = { workspace: "", search: "", skip: 0, open: new Set(), shown: "" };
const find = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function svgElement(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const timestamp = (text) => (text ? text.replace("T", " ").replace(/(\.\d+)?Z$/, "") : "–");
const messages = (errors) => errors.map((error) => error.message).join(" ");

async function call(method, path, body) {
  const response = await fetch(path, { method, body: body && JSON.stringify(body) });
  const document = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(messages(document.errors));
  return document;
}

// A bar per run, oldest first: loaded records upwards, failed records and failed runs downwards.
function timeline(runs) {
  const width = 10 * Math.max(runs.length, 24);
  const highest = Math.max(1, ...runs.map((run) => Math.max(run.successful_records, run.failed_records)));
  const height = (records) => (records ? 4 + 26 * Math.sqrt(records / highest) : 0);
  const chart = svgElement("svg", {
    viewBox: `0 0 ${width} 72`, preserveAspectRatio: "none", role: "img",
    "aria-label": `Timeline of the newest ${plural(runs.length, "run")}`,
  }, svgElement("line", { x1: 0, x2: width, y1: 36, y2: 36 }));
  runs.toReversed().forEach((run, index) => {
    const x = width - 10 * (runs.length - index) + 1;
    const title = `${run.id}: ${run.status}, ${timestamp(run.logical_date)}, ${run.successful_records} loaded, ${run.failed_records} failed`;
    const group = svgElement("g", { class: run.status }, svgElement("title", {}, title));
    const up = run.status === "failed" ? 0 : Math.max(3, height(run.successful_records));
    const down = run.status === "failed" ? Math.max(8, height(run.failed_records)) : height(run.failed_records);
    group.append(svgElement("rect", { x, y: 36 - up, width: 8, height: up }));
    group.append(svgElement("rect", { x, y: 36, width: 8, height: down, class: "failed" }));
    chart.append(group);
  });
  return chart;
}

function table(runs) {
  const head = ["Run", "Status", "Logical date", "Loaded", "Failed", "From", "Until", "Errors"];
  const numbers = new Set([0, 3, 4]);
  const cell = (kind, text, index) => element(kind, numbers.has(index) ? { class: "number" } : {}, String(text));
  const row = (run) => {
    const texts = [
      run.id, run.status, timestamp(run.logical_date), run.successful_records, run.failed_records,
      timestamp(run.range_start), timestamp(run.range_end), messages(run.errors),
    ];
    const tableRow = element("tr", {}, ...texts.map((text, index) => cell("td", text, index)));
    tableRow.children[1].className = run.status;
    return tableRow;
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
  const next = pipeline.next ? `, next ${timestamp(pipeline.next)}` : "";
  const node = element("article", { "data-pipeline": pipeline.id },
    element("header", {},
      element("h2", {}, pipeline.id),
      element("span", { class: `status ${pipeline.status}` }, pipeline.status),
      element("span", { class: "quiet" }, `${pipeline.state}, ${pipeline.schedule}${next}`)));
  if (pipeline.errors.length) node.append(element("p", { class: "failed" }, messages(pipeline.errors)));
  if (pipeline.runs.length) node.append(timeline(pipeline.runs), runsOf(pipeline));
  else node.append(element("p", { class: "quiet" }, "No runs yet."));
  return node;
}

function describe(fault) {
  const effects = Object.entries(fault)
    .filter(([name, value]) => !["route", "count"].includes(name) && value && Object.keys(Object(value)).length + (typeof value !== "object"))
    .map(([name, value]) => (value === true ? name : `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`));
  const times = fault.count === null ? "every request" : `next ${plural(fault.count, "request")}`;
  return `${fault.route}: ${effects.join(", ") || "nothing"}, ${times}`;
}

function showHead(data) {
  find("now").textContent = `${timestamp(data.now)} UTC`;
  find("now").dateTime = data.now;
  find("advance").hidden = data.clock !== "virtual";
  find("system-clock").hidden = data.clock === "virtual";
  find("summary").textContent = `${plural(data.workspaces.length, "workspace")} · here ${plural(data.connections.count, "connection")}, `
    + `${plural(data.data_models.count, "data model")}, ${plural(data.found, "pipeline")} · runs are ${data.warehouse ? "real" : "simulated"}`;
  find("faults").hidden = !data.faults.length;
  find("faults").querySelector("ul").replaceChildren(...data.faults.map((fault) => element("li", {}, describe(fault))));
  const faulty = [...data.connections.faulty, ...data.data_models.faulty].map((each) => `${each.id}: ${messages(each.errors)}`);
  find("faulty").hidden = !faulty.length;
  find("faulty").textContent = faulty.join(" · ");
}

function showWorkspaces(data) {
  const options = data.workspaces.map((each) => {
    const option = element("option", { value: each.id }, `${each.id} (${plural(each.pipelines, "pipeline")})`);
    option.selected = each.id === data.workspace;
    return option;
  });
  find("workspace").replaceChildren(...options);
}

function showPipelines(data) {
  const empty = view.search ? "No pipeline id contains this text." : "No pipelines yet. Create one with the API, or POST /_emulator/seed.";
  const shown = data.pipelines.map(article);
  find("pipelines").replaceChildren(...(shown.length ? shown : [element("p", { class: "quiet" }, empty)]));
  find("paging").hidden = data.found <= PAGE;
  find("paging").querySelector("span").textContent = `${view.skip + 1} to ${view.skip + data.pipelines.length} of ${data.found.toLocaleString("en")}`;
  find("previous").disabled = view.skip === 0;
  find("next").disabled = view.skip + PAGE >= data.found;
}

function showError(error) {
  find("error").hidden = !error;
  find("error").textContent = error ? `The request to the emulator failed: ${error.message}` : "";
}

async function refresh() {
  const query = new URLSearchParams({ search: view.search, skip: view.skip });
  if (view.workspace) query.set("workspace", view.workspace);
  try {
    const data = await call("GET", `/_emulator/overview?${query}`);
    showError(null);
    showHead(data);
    const shown = JSON.stringify({ ...data, now: "" });
    if (shown === view.shown) return; // nothing has changed: keep focus and selection
    view.shown = shown;
    showWorkspaces(data);
    showPipelines(data);
  } catch (error) {
    showError(error);
  }
}

async function act(method, path, body) {
  try {
    await call(method, path, body);
    await refresh();
  } catch (error) {
    showError(error);
  }
}

function changeView(changes) {
  Object.assign(view, { skip: 0 }, changes);
  return refresh();
}

find("advance").addEventListener("click", (event) => {
  const advance = event.target.dataset.advance;
  if (advance) act("POST", "/_emulator/clock", { advance });
});
find("clear").addEventListener("click", () => act("DELETE", "/_emulator/faults"));
find("workspace").addEventListener("change", (event) => changeView({ workspace: event.target.value }));
find("search").addEventListener("input", (event) => changeView({ search: event.target.value }));
find("previous").addEventListener("click", () => changeView({ skip: Math.max(0, view.skip - PAGE) }));
find("next").addEventListener("click", () => changeView({ skip: view.skip + PAGE }));
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, POLL);
