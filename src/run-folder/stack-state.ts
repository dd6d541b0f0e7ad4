import { z } from 'zod';
import { identifyProcess, isAlive, processIdentitySchema } from './process-identity.js';
import { readRunFile, removeRunFile, runFilePath, writeRunFile } from './run-file.js';

const stackStateSchema = z.object({
  temporalAddress: z.string(),
  /** Base address of the Temporal UI; missing if it is not known whether one is served. */
  uiUrl: z.string().optional(),
  namespace: z.string(),
  /** Ids of the models that the stack's workers serve. */
  models: z.array(z.string()).readonly(),
  /** Whether the model worker died and is loading its model again. Missing: it is not. */
  isModelLoading: z.boolean().optional(),
  /** Socket that serves the token stream; for `connectTokenStream`. */
  streamSocket: z.string(),
  /** Digests of the tools of the sessions worker, by name: see `tools/tool-digests.ts`. Missing: unknown. */
  tools: z.record(z.string(), z.string()).readonly().optional(),
});

/** Where to find the parts of a running stack. */
export type StackState = Readonly<z.infer<typeof stackStateSchema>>;

const ownedStackStateSchema = stackStateSchema.extend({
  owner: processIdentitySchema,
  /** ISO 8601. */
  startedAt: z.string(),
});

/** The state of a stack, and the process that runs the stack. */
export type OwnedStackState = Readonly<z.infer<typeof ownedStackStateSchema>>;

/** Announces this stack to the other commands of this data folder, until `removeStackState`. May be called again. */
export function writeStackState(home: string, state: StackState): void {
  const owned: OwnedStackState = {
    ...state,
    owner: identifyProcess(process.pid),
    startedAt: new Date(performance.timeOrigin).toISOString(),
  };
  writeRunFile(stackFile(home), owned);
}

/** The stack that runs on this data folder; undefined if its process is gone, however it ended. */
export function readStackState(home: string): OwnedStackState | undefined {
  const state = readRunFile(stackFile(home), ownedStackStateSchema);
  return state !== undefined && isAlive(state.owner) ? state : undefined;
}

/** Removes the state that this process wrote, and keeps the state of another process. */
export function removeStackState(home: string): void {
  if (readStackState(home)?.owner.pid === process.pid) removeRunFile(stackFile(home));
}

function stackFile(home: string): string {
  return runFilePath(home, 'stack.json');
}
