import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const histories = fileURLToPath(new URL('histories/', import.meta.url));
const names = readdirSync(histories).filter((name) => name.endsWith('.json'));
const workflowBundle = { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) };

interface History {
  readonly events: {
    readonly eventType: string;
    readonly activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

function readHistory(name: string): History {
  return JSON.parse(readFileSync(histories + name, 'utf8')) as History;
}

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

describe('stored histories', () => {
  it('hold at least one of each released shape', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'chat-session-0.1.0.json',
        'chat-session-0.1.0-continued.json',
        'chat-session-panel-0.2.0.json',
        'expert-0.2.0.json',
        'panel-0.2.0.json',
        // Begun by one build and ended by the next one.
        'chat-session-0.2.0-handover.json',
        'panel-0.2.0-handover.json',
      ]),
    );
  });

  it.each(names)('%s replays on the workflow code of today', async (name) => {
    await expect(Worker.runReplayHistory({ workflowBundle }, readHistory(name))).resolves.toBeUndefined();
  });

  it('would not replay on code that does something else', async () => {
    const history = readHistory('chat-session-0.1.0.json');
    const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes);
    if (!scheduled?.activityTaskScheduledEventAttributes) throw new Error('the history holds no activity');
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow(
      /nondeterminism|somethingElse/iu,
    );
  });
});
