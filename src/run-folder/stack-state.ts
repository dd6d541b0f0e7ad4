import { z } from 'zod';
import { identifyProcess, isAlive, processIdentitySchema } from './process-identity.js';
import { readRunFile, removeRunFile, runFilePath, writeRunFile } from './run-file.js';

const stackStateSchema = z.object({
  temporalAddress: z.string(),
  /** Base address of the Temporal UI; missing when it is not known to be served. */
  uiUrl: z.string().optional(),
  namespace: z.string(),
  /** Ids of the models that the stack's workers serve. */
  models: z.array(z.string()).readonly(),
  /** Whether the model worker was lost and loads its model again. Missing: it does not. */
  isModelLoading: z.boolean().optional(),
  /** Where the token stream is served; for `connectTokenStream`. */
  streamSocket: z.string(),
  /** Digests of the tools that the worker for sessions runs, by name: see `tools/tool-digests.ts`. Missing: not known. */
  tools: z.record(z.string(), z.string()).readonly().optional(),
});

/** Where to find the parts of a running stack. */
export type StackState = Readonly<z.infer<typeof stackStateSchema>>;

const ownedStackStateSchema = stackStateSchema.extend({
  owner: processIdentitySchema,
  /** ISO 8601. */
  startedAt: z.string(),
});

/** A stack's state with the process that runs the stack. */
export type OwnedStackState = Readonly<z.infer<typeof ownedStackStateSchema>>;

/** Makes this stack known to the other commands of this data folder, until `removeStackState`. May be called again. */
export function writeStackState(home: string, state: StackState): void {
  const owned: OwnedStackState = {
    ...state,
    owner: identifyProcess(process.pid),
    startedAt: new Date(performance.timeOrigin).toISOString(),
  };
  writeRunFile(stackFile(home), owned);
}

/** The stack that runs on this data folder. One whose process is gone, however it went, does not run. */
export function readStackState(home: string): OwnedStackState | undefined {
  const state = readRunFile(stackFile(home), ownedStackStateSchema);
  return state !== undefined && isAlive(state.owner) ? state : undefined;
}

/** Takes back what this process wrote; the state of another process stays. */
export function removeStackState(home: string): void {
  if (readStackState(home)?.owner.pid === process.pid) removeRunFile(stackFile(home));
}

function stackFile(home: string): string {
  return runFilePath(home, 'stack.json');
}
