import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { zoo, zooEntries } from "../../std/zoo/index.js";

/** torchvision 0.14's counts, where it has the net (GoogLeNet without its auxiliary heads); else the paper's or arithmetic. */
const totals: Readonly<Record<string, number>> = {
  LeNet: 61_706, // 156 + 2416 + 48120 + 10164 + 850
  AlexNet: 62_378_344, // the lecture's table
  VGG11: 132_863_336,
  VGG13: 133_047_848,
  VGG16: 138_357_544,
  VGG19: 143_667_240,
  VGG11bn: 132_868_840,
  VGG13bn: 133_053_736,
  VGG16bn: 138_365_992,
  VGG19bn: 143_678_248,
  ResNet18: 11_689_512,
  ResNet34: 21_797_672,
  ResNet50: 25_557_032,
  ResNet101: 44_549_160,
  GoogLeNet: 6_624_904,
  DenseNet121: 7_978_856,
  SqueezeNet: 1_248_424,
  MobileNetV2: 3_504_872,
  UNet: 31_030_658,
  Transformer: 63_119_496,
};

describe("parameters of the zoo", () => {
  test.each(Object.entries(totals))("%s: %d", (name, count) =>
    expect((zoo as Record<string, { parameterCount: number }>)[name]?.parameterCount).toBe(count),
  );

  test("AlexNet on the paper's two GPUs", () => expect(zoo.AlexNet({ g: 2 }).parameterCount).toBe(60_965_224));
  test("every name is there, with what it is", () => {
    for (const [name, { summary }] of zooEntries) {
      expect((zoo as Record<string, unknown>)[name]).toBeDefined();
      expect(summary).toMatch(/\d{4}/);
    }
  });
});

test("each is at most as long as its paper's table", () => {
  const folder = new URL("../../std/zoo/networks/", import.meta.url);
  for (const file of readdirSync(folder))
    expect(readFileSync(new URL(file, folder), "utf8").split("\n").length, file).toBeLessThanOrEqual(40);
});
