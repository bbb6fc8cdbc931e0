import type { SummaryRow } from "../network/network.js";
import { formatFlow } from "./flow-text.js";

/** A line of a network's table. */
export type TableEntry =
  | {
      readonly kind: "row";
      readonly row: SummaryRow;
      readonly label: string;
      /** How far the row's text is indented: the blocks and repetitions it is in. */
      readonly depth: number;
      /** Its parameters are those of the rows below it, so that they are not counted twice by eye. */
      readonly outer: boolean;
    }
  | { readonly kind: "elided"; readonly rows: number };

/** A row with what is inside of it: the rows of a block, or the repetitions. */
interface RowNode {
  readonly row: SummaryRow;
  readonly groups: GroupNode[];
}

/** The rows of one call of a block ("Basic") or of one repetition ("stage[2]", "repeat[0]"). */
interface GroupNode {
  readonly name: string;
  readonly children: Node[];
}

type Node = RowNode | GroupNode;

/**
 * The rows as a table shows them: rows of blocks and repetitions indented below the row that uses them, equal repetitions
 * told once ("[1..3] each"), the middle of a very long net left out.
 */
export function tableEntries(rows: readonly SummaryRow[], limit: number): readonly TableEntry[] {
  const entries: TableEntry[] = [];
  for (const node of treeOf(rows)) flatten(node, "", 0, entries);
  return elide(entries, limit);
}

function isRow(node: Node | undefined): node is RowNode {
  return node !== undefined && "row" in node;
}

function treeOf(rows: readonly SummaryRow[]): Node[] {
  const root: Node[] = [];
  for (const row of rows) {
    let container = root;
    for (const name of row.path) container = enter(container, name);
    container.push({ row, groups: [] });
  }
  return root;
}

/** The children of the group called so: the one still open at the end of the container, or a new one below its last row. */
function enter(container: Node[], name: string): Node[] {
  const last = container.at(-1);
  const siblings: Node[] = isRow(last) ? last.groups : container;
  const open = siblings.at(-1);
  if (open !== undefined && !isRow(open) && open.name === name) return open.children;
  const group: GroupNode = { name, children: [] };
  siblings.push(group);
  return group.children;
}

function flatten(node: Node, prefix: string, depth: number, entries: TableEntry[]): void {
  if (!isRow(node)) {
    flattenGroups([node], prefix, depth, entries);
    return;
  }
  entries.push({
    kind: "row",
    row: node.row,
    label: [prefix, node.row.label].filter((part) => part !== "").join(" "),
    depth,
    outer: node.groups.length > 0,
  });
  flattenGroups(node.groups, "", depth + 1, entries);
}

function flattenGroups(groups: readonly GroupNode[], prefix: string, depth: number, entries: TableEntry[]): void {
  for (let index = 0; index < groups.length; index++) {
    const group = groups[index] as GroupNode;
    let last = index;
    while (last + 1 < groups.length && sameContent(group, groups[last + 1] as GroupNode)) last++;
    const label = groupLabel(group.name, last > index ? (groups[last] as GroupNode).name : null);
    for (const [place, child] of group.children.entries())
      flatten(child, place === 0 ? [prefix, label].filter((part) => part !== "").join(" ") : "", depth, entries);
    index = last;
  }
}

/** `stage[0]`, `[2]` for a repetition without a label, `[1..3] each` for equal ones; a block is named by the row above. */
function groupLabel(name: string, lastName: string | null): string {
  const match = /^(.*)\[(\d+)\]$/.exec(name);
  if (match === null) return "";
  const base = match[1] === "repeat" ? "" : (match[1] as string);
  const end = lastName === null ? null : /\[(\d+)\]$/.exec(lastName)?.[1];
  return end === null || end === undefined ? `${base}[${match[2]}]` : `${base}[${match[2]}..${end}] each`;
}

/** True for repetitions that differ by their index only. */
function sameContent(a: GroupNode, b: GroupNode): boolean {
  const [first, second] = [a, b].map(({ name }) => name.replace(/\[\d+\]$/, "[]"));
  return first === second && first?.endsWith("[]") === true && signature(a) === signature(b);
}

function signature(node: Node): string {
  if (!isRow(node)) return `{${node.children.map(signature).join(";")}}`;
  const { label, text, output, parameters, claims } = node.row;
  return `${label}:${text}->${formatFlow(output)},${parameters},${JSON.stringify(claims)}${node.groups.map((group) => group.name.replace(/\[\d+\]$/, "[]") + signature(group)).join("")}`;
}

function elide(entries: readonly TableEntry[], limit: number): readonly TableEntry[] {
  if (entries.length <= limit) return entries;
  const end = Math.max(1, Math.floor(limit / 2));
  return [...entries.slice(0, end), { kind: "elided", rows: entries.length - 2 * end }, ...entries.slice(-end)];
}
