import { numberStatus, word } from "../threads/protocol.js";
import type { FunctionBuilder, ModuleBuilder, Signature } from "../wasm/encoder.js";
import type { PlanAddress } from "./storage.js";

/** A call of a plan, with all its arguments but the part and the number of parts. */
export interface Call {
  readonly target:
    | { readonly kind: "kernel"; readonly name: string }
    | { readonly kind: "fused"; readonly body: FunctionBuilder }
    | { readonly kind: "product" | "native"; readonly index: number }
    | { readonly kind: "host"; readonly index: number };
  readonly args: readonly (number | PlanAddress)[];
  /** The thread that does it alone, in one part; null: all have a part. */
  readonly owner: number | null;
}

/** Calls without a barrier between them; `checks` afterwards look for numbers that are not finite. */
export interface Step {
  readonly calls: Call[];
  readonly checks: { readonly address: PlanAddress; readonly length: number; readonly index: number }[];
  /** False where variables have begun to change: such a run is finished, not stopped. */
  abortable: boolean;
}

const op = { ne: 0x47, eq: 0x46, add: 0x6a, sub: 0x6b, ltU: 0x49, geU: 0x4f, return: 0x0f, or: 0x72, and: 0x71 } as const;
const atomic = { notify: 0x00, wait: 0x01, load: 0x10, store: 0x17, add: 0x1e, sub: 0x25 } as const;

/** Iterations before a thread at a barrier goes to sleep: some 100 microseconds, for waking it takes as long on a virtual machine. */
const spins = 60_000;
const waitNanoseconds = 100_000_000;

export interface ProgramImports {
  readonly kernels: ReadonlyMap<string, { readonly index: number; readonly signature: Signature }>;
  readonly host: number;
  readonly product: number;
  readonly native: number;
  readonly stuck: number;
  /** Told the number of each call when it has returned, and its complement when the barrier after it is passed; null in plans that are not measured. */
  readonly mark: number | null;
}

/** Declares what programs import; kernels as they are used. */
export function importsFor(
  module: ModuleBuilder,
  used: Iterable<string>,
  signatures: ReadonlyMap<string, Signature>,
  measured: boolean,
): ProgramImports {
  const kernels = new Map<string, { index: number; signature: Signature }>();
  for (const name of used) {
    const signature = signatures.get(name);
    if (signature === undefined)
      throw new Error(`a lowering calls the kernel ${name}, but the kernels' module has none of that name; build the kernels again`);
    kernels.set(name, { index: module.importFunction("kernels", name, signature), signature });
  }
  return {
    kernels,
    host: module.importFunction("engine", "host", { parameters: ["i32", "i32"], results: [] }),
    product: module.importFunction("engine", "product", { parameters: ["i32", "i32", "i32", "i32"], results: [] }),
    native: module.importFunction("engine", "native", { parameters: ["i32", "i32", "i32", "i32"], results: [] }),
    stuck: module.importFunction("engine", "stuck", { parameters: [], results: ["i32"] }),
    mark: measured ? module.importFunction("engine", "mark", { parameters: ["i32"], results: [] }) : null,
  };
}

/** Writes `run(first, last, base, control)` (see `RunProgram`): the plan as straight code, every address a constant. */
export function writeProgram(module: ModuleBuilder, imports: ProgramImports, steps: readonly Step[], parts: number): void {
  const barrier = writeBarrier(module, imports);
  const check = steps.some(({ checks }) => checks.length > 0) ? writeCheck(module) : null;
  const run = module.function({ parameters: ["i32", "i32", "i32", "i32"], results: ["i32"] });
  const [first, last, base, control] = [0, 1, 2, 3];
  const part = run.local("i32");
  const pushAll = (call: Call, signature: Signature | null): void => {
    if (signature !== null && signature.parameters.length !== call.args.length + 2) {
      const name = call.target.kind === "kernel" ? call.target.name : "a fused group";
      throw new Error(`a lowering calls ${name} with ${call.args.length} arguments, but it takes ${signature.parameters.length - 2}`);
    }
    for (const [index, argument] of call.args.entries()) {
      if (typeof argument !== "number") {
        if (!argument.storage.fixed) run.get(base);
        run.i32(argument.value);
        if (!argument.storage.fixed) run.op(op.add);
      } else if (signature?.parameters[index] === "f32") run.f32(argument);
      else run.i32(argument);
    }
  };
  const pushPart = (call: Call): void => {
    if (call.owner !== null || parts === 1) run.i32(0).i32(1);
    else run.get(part).i32(parts);
  };
  const emit = (call: Call): void => {
    const guarded = call.owner !== null && parts > 1;
    if (guarded) run.get(part).i32(call.owner).op(op.eq).if();
    const { target } = call;
    if (target.kind === "host") run.i32(target.index).get(base).call(imports.host);
    else if (target.kind === "product" || target.kind === "native") {
      run.i32(target.index).get(base);
      pushPart(call);
      run.call(imports[target.kind]);
    } else {
      const known = target.kind === "kernel" ? imports.kernels.get(target.name) : undefined;
      pushAll(call, known?.signature ?? (target.kind === "fused" ? target.body.signature : null));
      pushPart(call);
      run.call(target.kind === "fused" ? target.body.index : (known?.index as number));
    }
    if (guarded) run.end();
  };

  let number = 0;
  for (const { calls, checks, abortable } of steps) {
    if (parts > 1) run.get(first).set(part).loop();
    for (const call of calls) {
      emit(call);
      if (imports.mark !== null) run.i32(number++).call(imports.mark);
    }
    if (parts > 1) run.get(part).i32(1).op(op.add).tee(part).get(last).op(op.ltU).branchIf(0).end();
    for (const { address, length, index } of checks) {
      if (!address.storage.fixed) run.get(base);
      run.i32(address.value);
      if (!address.storage.fixed) run.op(op.add);
      run
        .i32(length)
        .call((check as FunctionBuilder).index)
        .if()
        .i32(numberStatus + index)
        .op(op.return)
        .end();
    }
    run.get(control).if();
    run
      .get(control)
      .i32(parts)
      .i32(abortable ? 1 : 0)
      .call(barrier.index)
      .if()
      .i32(1)
      .op(op.return)
      .end();
    if (imports.mark !== null) run.i32(~(number - 1)).call(imports.mark);
    run.end();
  }
  run.i32(0);
  module.export("run", run);
}

/** Meets the other threads; gives 1 when the run is to stop. All threads get the same answer. */
function writeBarrier(module: ModuleBuilder, imports: ProgramImports): FunctionBuilder {
  const body = module.function({ parameters: ["i32", "i32", "i32"], results: ["i32"] });
  const [control, parts, abortable] = [0, 1, 2];
  const phase = body.local("i32");
  const spun = body.local("i32");
  const at = (index: number): number => index * 4;
  const load = (index: number): void => void body.get(control).atomic(atomic.load, 2, at(index));

  load(word.phase);
  body.set(phase);
  body.get(control).i32(1).atomic(atomic.add, 2, at(word.arrived)).i32(1).op(op.add).get(parts).op(op.eq).if();
  {
    // The last to arrive decides whether to stop, and lets the others go on.
    body.get(control).i32(0).atomic(atomic.store, 2, at(word.arrived));
    body.get(control);
    load(word.abort);
    body.get(abortable).op(op.and);
    load(word.failed);
    body.op(op.or).atomic(atomic.store, 2, at(word.stopped));
    body.get(control).get(phase).i32(1).op(op.add).atomic(atomic.store, 2, at(word.phase));
    load(word.sleepers);
    body.if().get(control).i32(-1).atomic(atomic.notify, 2, at(word.phase)).op(0x1a).end();
  }
  body.else();
  {
    body.block().loop();
    load(word.phase);
    body.get(phase).op(op.ne).branchIf(1);
    body.get(spun).i32(1).op(op.add).tee(spun).i32(spins).op(op.ltU).branchIf(0);
    body.get(control).i32(1).atomic(atomic.add, 2, at(word.sleepers)).op(0x1a);
    body.get(control).get(phase);
    body.code.byte(0x42).signed(waitNanoseconds);
    body.atomic(atomic.wait, 2, at(word.phase)).op(0x1a);
    body.get(control).i32(1).atomic(atomic.sub, 2, at(word.sleepers)).op(0x1a);
    load(word.failed);
    body.call(imports.stuck).op(op.or).if().i32(1).op(op.return).end();
    body.branch(0).end().end();
  }
  body.end();
  load(word.stopped);
  return body;
}

/** Whether any of `length` f32 numbers at `address` is NaN or infinite. */
function writeCheck(module: ModuleBuilder): FunctionBuilder {
  const body = module.function({ parameters: ["i32", "i32"], results: ["i32"] });
  const [address, length] = [0, 1];
  const end = body.local("i32");
  const value = body.local("f32");
  body.get(address).get(length).i32(4).op(0x6c).op(op.add).set(end);
  body.block().loop();
  body.get(address).get(end).op(op.geU).branchIf(1);
  body.get(address).memory(0x2a, 2, 0).tee(value).get(value).op(0x93); // value - value is 0 unless value is not finite
  body.f32(0).op(0x5c).if().i32(1).op(op.return).end();
  body.get(address).i32(4).op(op.add).set(address);
  body.branch(0).end().end();
  body.i32(0);
  return body;
}
