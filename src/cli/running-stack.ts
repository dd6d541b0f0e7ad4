import { resolveHome } from '../artefacts/home.js';
import { readStackState } from '../run-folder/stack-state.js';
import type { OwnedStackState } from '../run-folder/stack-state.js';

/** The stack that runs on this machine with the same `COLLOQUY_HOME`, if one does. */
export function runningStack(): OwnedStackState | undefined {
  return readStackState(resolveHome(process.env));
}
