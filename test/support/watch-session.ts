import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/client/connect.js';
import type { Transcript } from '../../src/client/read-transcript.js';
import type { Program } from './program.js';
import type { ProgramHome } from './program-home.js';

/** The id that the program has told of its session; waits for it. */
export async function sessionOf(program: Program): Promise<string> {
  await program.told(/session \S+ ·/u, 90_000);
  return /session (\S+) ·/u.exec(program.stderr)?.[1] ?? '';
}

/**
 * Waits until `count` turns of the session have an answer, also while the server or a worker is away.
 *
 * @throws when a turn failed, or after `limitMs`
 */
export async function untilAnswered(
  home: ProgramHome,
  sessionId: string,
  count: number,
  limitMs = 45_000,
): Promise<Transcript> {
  const giveUpAt = performance.now() + limitMs;
  let last: unknown;
  while (performance.now() < giveUpAt) {
    const transcript = await readTranscript(home, sessionId).catch((error: unknown) => void (last = error));
    if (transcript) {
      last = transcript.messages;
      const failed = transcript.messages.find(({ failure }) => failure !== undefined);
      if (failed) throw new Error(`Turn ${failed.turn} failed: ${JSON.stringify(failed.failure)}`);
      if (answersOf(transcript).length >= count) return transcript;
    }
    await sleep(250);
  }
  throw new Error(`Session ${sessionId} has not ${count} answers after ${limitMs} ms: ${JSON.stringify(last)}`, {
    cause: last,
  });
}

export function answersOf({ messages }: Transcript): string[] {
  return messages.filter(({ role }) => role === 'assistant').map(({ text }) => text);
}

async function readTranscript(home: ProgramHome, sessionId: string): Promise<Transcript> {
  const client = await connect({ address: home.address });
  try {
    return await client.session(sessionId).transcript();
  } finally {
    await client.close();
  }
}
