import {
  ApplicationFailure,
  continueAsNew,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  defineQuery,
  defineSignal,
  defineUpdate,
  condition,
  executeChild,
  setCurrentDetails,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';

/** Half of a surrogate pair. */
const HALF = '\ud83d';
const { work } = proxyActivities<{ work(text: string): Promise<string> }>({ startToCloseTimeout: '10 seconds' });

const WAYS = {
  'activity input': () => work(HALF),
  'activity id': () => work.executeWithOptions({ activityId: HALF }, ['x']),
  'activity queue': () => work.executeWithOptions({ taskQueue: HALF }, ['x']),
  'activity summary': () => work.executeWithOptions({ summary: HALF }, ['x']),
  'fairness key': () => work.executeWithOptions({ priority: { fairnessKey: HALF } }, ['x']),
  memo: async () => upsertMemo({ title: HALF }),
  'memo key': async () => upsertMemo({ [HALF]: 'x' }),
  'search attribute': async () => upsertSearchAttributes({ ColloquyModel: [HALF] }),
  'search attribute key': async () => upsertSearchAttributes({ [HALF]: ['x'] }),
  'timer summary': () => sleep(1, { summary: HALF }),
  details: async () => setCurrentDetails(HALF),
  'continue-as-new': () => (workflowInfo().continuedFromExecutionRunId ? done() : continueAsNew('done', HALF)),
  'child input': () => executeChild('poison', { args: ['done', HALF] }),
  'child id': () => executeChild('poison', { workflowId: HALF, args: ['done'] }),
  'child memo key': () => executeChild('poison', { args: ['done'], memo: { [HALF]: 1 } }),
  signal: () => getExternalWorkflowHandle('nobody').signal('name', HALF),
  'signal name': () => getExternalWorkflowHandle('nobody').signal(HALF),
  'signal target': () => getExternalWorkflowHandle(HALF).signal('name'),
  result: () => Promise.resolve(HALF),
  'failure message': () => Promise.reject(ApplicationFailure.nonRetryable(`no ${HALF}`)),
  'failure type': () => Promise.reject(ApplicationFailure.nonRetryable('no', HALF)),
  'failure details': () => Promise.reject(ApplicationFailure.nonRetryable('no', 'x', HALF)),
  'failure cause': () =>
    Promise.reject(ApplicationFailure.create({ message: 'no', nonRetryable: true, cause: new Error(HALF) })),
  'plain error': () => Promise.reject(new Error(`no ${HALF}`)),
  'plain cause': () => Promise.reject(new Error('no', { cause: new Error(HALF) })),
  'thrown text': () => Promise.reject(HALF),
  'named error': () => Promise.reject(Object.assign(new Error('no'), { name: HALF })),
  'details that cannot be encoded': () => Promise.reject(ApplicationFailure.nonRetryable('no', 'x', [HALF, 1n])),
  'unhandled rejection': async () => {
    void Promise.reject(new Error(HALF));
    await sleep(50);
  },
  done,
} as const;

export type PoisonWay = keyof typeof WAYS;

async function done(): Promise<string> {
  return 'done';
}

/** Puts half of a surrogate pair into what it sends. */
export async function poison(way: PoisonWay, _text?: string): Promise<unknown> {
  return WAYS[way]();
}

export async function poisonedAnswers(): Promise<void> {
  setHandler(defineQuery('fails'), () => {
    throw new Error(HALF);
  });
  setHandler(defineQuery('answers'), () => HALF);
  setHandler(defineUpdate('fails'), () => Promise.reject(ApplicationFailure.nonRetryable(HALF)));
  setHandler(defineUpdate('refuses'), () => undefined, {
    validator: () => {
      throw new Error(HALF);
    },
  });
  setHandler(defineSignal('breaks'), () => Promise.reject(new Error(HALF)));
  await condition(() => false);
}

export async function sound(): Promise<string> {
  return work('sound');
}
