import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { linearAxis } from "../../std/view/chart/ticks.js";
import { lineChart, spread } from "../../std/view/chart/line-chart.js";
import { ink, paletteOf, parseColour, rightColour, seriesColours, textOn, tint, wrongColour } from "../../std/view/colours.js";
import { jsonForScript } from "../../std/view/escape.js";
import { mosaic } from "../../std/view/mosaic.js";
import { formatCount, formatNumber, formatPercent } from "../../std/view/numbers.js";
import { encodePng } from "../../std/view/png.js";
import { textTable, textWidth } from "../../std/view/text-table.js";

test.each([
  [0, 1, {}, "0.0 0.2 0.4 0.6 0.8 1.0"],
  [0, 2.3, {}, "0.0 0.5 1.0 1.5 2.0 2.5"],
  [0.91, 0.97, {}, "0.90 0.92 0.94 0.96 0.98"],
  [-1, 1, {}, "-1.0 -0.5 0.0 0.5 1.0"],
  [0, 3, { tight: true, integer: true }, "0 1 2 3"],
  [0, 1234567, {}, "0 500000 1000000 1500000"],
  [5, 5, {}, "4.4 4.6 4.8 5.0 5.2 5.4 5.6"],
  [NaN, NaN, {}, "0.0 0.2 0.4 0.6 0.8 1.0"],
])("ticks from %d to %d", (minimum, maximum, options, expected) => {
  const axis = linearAxis(minimum, maximum, options);
  expect(axis.ticks.map(({ label }) => label).join(" ")).toBe(expected);
  for (const { value } of axis.ticks) expect(value).toBeGreaterThanOrEqual(axis.minimum - 1e-9);
});

test.each([
  [0, "0"],
  [-0, "0"],
  [1 / 3, "0.3333"],
  [1e-7, "1e-7"],
  [123456.789, "123457"],
  [1.5e9, "1.5e9"],
  [NaN, "NaN"],
  [-Infinity, "-∞"],
  [0.1 + 0.2, "0.3"],
  [99999, "99999"],
])("the number %d reads %s", (value, expected) => {
  expect(formatNumber(value)).toBe(expected);
});

test("counts and percentages", () => {
  expect([0, 999, 1000, 62378344].map(formatCount)).toEqual(["0", "999", "1,000", "62,378,344"]);
  expect([0, 0.975, 0.9999, 0.99999, 1, NaN].map(formatPercent)).toEqual(["0.0 %", "97.5 %", "99.99 %", "99.99 %", "100.0 %", "NaN"]);
});

test("labels move apart, in order and inside the panel", () => {
  expect(spread([50, 52, 51], 14, 0, 100)).toEqual([50, 78, 64]);
  expect(spread([98, 99], 14, 0, 100)).toEqual([86, 100]);
});

test("every colour is readable on white and on near-black", () => {
  const luminance = (hex: string): number =>
    parseColour(hex)
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, channel) => sum + value * ([0.2126, 0.7152, 0.0722][channel] as number), 0);
  const contrast = (a: string, b: string): number => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
    return (light + 0.05) / (dark + 0.05);
  };
  for (const colour of [...seriesColours, ink]) {
    expect(contrast(colour, "#ffffff"), `${colour} on white`).toBeGreaterThan(3);
    expect(contrast(colour, "#15181c"), `${colour} on near-black`).toBeGreaterThan(3);
  }
  for (const colour of [ink, rightColour, wrongColour]) {
    expect(contrast(colour, "#ffffff"), `text in ${colour} on white`).toBeGreaterThan(4);
    expect(contrast(colour, "#111111"), `text in ${colour} on near-black`).toBeGreaterThan(4);
  }
  for (let strength = 0; strength <= 1; strength += 1 / 64) {
    for (const colour of seriesColours.map((one) => tint(one, strength)))
      expect(contrast(textOn(colour), colour), `text on ${colour}`).toBeGreaterThan(4.5);
  }
  expect([tint("#2f7fc9", 0), tint("#2f7fc9", 1)]).toEqual(["#ffffff", "#2f7fc9"]);
});

describe("PNG, read back by another decoder", () => {
  test("indexed, with NaN and transparent pixels", () => {
    const palette = paletteOf("grey");
    const png = PNG.sync.read(
      Buffer.from(encodePng({ kind: "indexed", width: 3, height: 2, data: Uint8Array.of(0, 253, 254, 255, 126, 0), palette })),
    );
    expect([png.width, png.height]).toEqual([3, 2]);
    expect([...png.data.subarray(0, 16)]).toEqual([0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 255, 255, 0, 0, 0, 0]);
    expect([...png.data.subarray(16, 20)]).toEqual([127, 127, 127, 255]);
  });

  test("colours", () => {
    const data = Uint8Array.from({ length: 4 * 4 * 4 }, (_, index) => (index * 37) % 256);
    const png = PNG.sync.read(Buffer.from(encodePng({ kind: "rgba", width: 4, height: 4, data })));
    expect([...png.data]).toEqual([...data]);
  });

  test("a mosaic puts each value where it belongs", () => {
    const tile = (offset: number) => ({
      width: 2,
      height: 2,
      at: (row: number, column: number) => offset + row * 2 + column,
      range: [0, 7] as const,
    });
    const drawing = mosaic([tile(0), tile(4)], { colours: "grey", columns: 2, tileSize: 2 });
    const uri = /base64,([^"]*)"/.exec(drawing.body)?.[1] ?? "";
    const png = PNG.sync.read(Buffer.from(uri, "base64"));
    // Two tiles of 2x2 and six transparent columns between them; grey is value / 7.
    expect([png.width, png.height]).toEqual([10, 2]);
    const greys = [0, 1, 8, 9, 10, 11, 18, 19].map((pixel) => Math.round(((png.data[pixel * 4] as number) / 255) * 7));
    expect(greys).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
    expect(png.data[4 * 4 + 3]).toBe(0);
  });

  test("no pictures at all", () => {
    expect(mosaic([], { colours: "grey" }).body).toBe("");
  });
});

test("a chart without a finite value says so", () => {
  expect(lineChart([{ name: "loss", x: [1, 2], y: [NaN, NaN] }]).body).toContain("nothing to draw yet");
  expect(lineChart([]).body).not.toContain("NaN");
});

test("a gap in a line where a value is missing", () => {
  const { body } = lineChart([{ name: "loss", x: [0, 1, 2, 3], y: [1, 2, NaN, 1] }]);
  const path = /<path d="(M[^"]*)" fill="none" stroke="#2f7fc9"/.exec(body)?.[1] ?? "";
  expect(path.match(/M/g)).toHaveLength(2);
});

test("tables align wide characters", () => {
  expect(textWidth("数字")).toBe(4);
  expect(
    textTable(
      [{ title: "" }, { title: "", align: "right" }],
      [
        ["数", "1"],
        ["ab", "10"],
      ],
    ),
  ).toBe("数   1\nab  10");
});

test("JSON in a script cannot end it", () => {
  const text = jsonForScript({ name: "</script><!--\u2028" });
  expect(text).not.toMatch(/<|\u2028/);
  expect(JSON.parse(text)).toEqual({ name: "</script><!--\u2028" });
});
