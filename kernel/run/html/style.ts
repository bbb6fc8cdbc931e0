/** The page's look. Colours of both modes have a contrast of at least 4.5 for text. */
export const styleSheet = `
:root { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --panel: #f6f8fa; --line: #d1d9e0; --error: #b42318; --error-panel: #fff1ef;
  --comment: #59636e; --string: #0a6b3d; --keyword: #8a3ffc; --number: #0b57a4; --label: #a04100; --claim: #59636e; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
:root { --page: #15181c; --ink: #e3e6ea; --soft: #9aa4af; --panel: #1e2228; --line: #363d46; --error: #ff9a8f; --error-panel: #33201f;
  --comment: #9aa4af; --string: #7fd1a3; --keyword: #c9a5ff; --number: #82b8f5; --label: #ffb07c; --claim: #9aa4af; --link: #82b8f5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.5rem 4rem 4rem; }
h1, h2, h3 { line-height: 1.25; margin: 1.6em 0 0.5em; }
h1 { font-size: 1.9rem; margin-top: 0.5em; }
a { color: var(--link); }
img { max-width: 100%; height: auto; }
pre { margin: 0; overflow-x: auto; }
pre, code { font: 13.5px/1.5 ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; }
pre.code { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 0.7em 0.9em; tab-size: 2; }
.text code { background: var(--panel); border-radius: 4px; padding: 0.1em 0.3em; }
.text blockquote { margin-left: 0; padding-left: 1em; border-left: 3px solid var(--line); color: var(--soft); }
.cell { margin: 1.1em 0; position: relative; }
.prompt { position: absolute; right: 100%; margin-right: 0.6rem; top: 0.75em; color: var(--soft); font: 12px ui-monospace, "DejaVu Sans Mono", monospace; white-space: nowrap; }
.output { padding: 0.5em 0.2em 0 0.9em; }
.output > * { margin: 0.35em 0; }
.stderr { color: var(--soft); border-left: 3px solid var(--line); padding-left: 0.7em; }
.error { color: var(--error); background: var(--error-panel); border-radius: 6px; padding: 0.6em 0.9em; white-space: pre-wrap; }
.shown { overflow-x: auto; }
.text table { border-collapse: collapse; }
.text th, .text td { border-bottom: 1px solid var(--line); padding: 0.25em 0.8em; text-align: left; }
table { font-size: 14.5px; }
.comment { color: var(--comment); font-style: italic; } .string { color: var(--string); } .keyword { color: var(--keyword); }
.number { color: var(--number); } .label { color: var(--label); font-weight: 600; } .claim { color: var(--claim); } .name { color: inherit; }
.math, .formula { font-family: "STIX Two Text", "Cambria", "Times New Roman", serif; font-size: 1.06em; }
.formula { text-align: center; }
.math sub, .math sup, .formula sub, .formula sup { line-height: 0; }
@media (max-width: 700px) { main { padding: 1rem; } .prompt { position: static; } }
@media print { body { font-size: 11pt; } pre.code { white-space: pre-wrap; } .cell { break-inside: avoid-page; } }
`;
