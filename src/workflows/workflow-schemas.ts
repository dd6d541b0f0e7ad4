import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import {
  archivedPathRequestSchema,
  archivedTurnsRequestSchema,
  userUsageRequestSchema,
} from '../domain/session/archive.js';
import { ingestionRequestFields } from '../domain/knowledge/ingestion.js';
import { expertProfileSchema } from '../domain/panel/expert.js';
import { expertInputSchema } from '../domain/panel/expert-question.js';
import { panelInputSchema } from '../domain/panel/panel.js';
import { remarkSchema, reviewDecisionSchema } from '../domain/panel/status.js';
import { knowledgeBaseNameSchema, searchRequestSchema, uriSchema } from '../domain/knowledge/retrieval.js';
import { json } from '../domain/json-value.js';
import {
  array,
  boolean,
  bounded,
  nothing,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  textBy,
} from '../domain/schema.js';
import type { Schema } from '../domain/schema.js';
import { faultOfSessionId } from '../domain/session/session-id.js';
import { sessionSettingsSchema, settingsChangeSchema } from '../domain/session/session-settings.js';
import { sourcedQuestionSchema } from '../domain/session/sourced-question.js';
import type { ToolArguments } from '../domain/tools/tool-call.js';
import { approvalDecisionSchema } from '../domain/session/tool-turn.js';
import {
  conversationRequestSchema,
  transcriptRequestSchema,
  turnsRequestSchema,
} from '../domain/session/transcript.js';
import { messageIdSchema, messageTextSchema } from '../domain/session/user-message.js';
import { givenIdSchema, modelIdSchema, turnNumberSchema, userIdSchema } from '../domain/value-schemas.js';
import type { CreateKnowledgeBaseInput, ListDocumentsInput } from '../activities/knowledge/knowledge-bases.js';
import type { ChatSessionInput } from './session/session-run.js';
import type { DeleteSessionInput } from './session/delete-session.js';
import type * as Workflows from './index.js';
import type { IngestDocumentsInput } from './knowledge/ingest-documents.js';
import { getIngestionQuery } from './knowledge/ingestion-messages.js';
import * as panel from './panel/panel-messages.js';
import type { ExpertCall } from './panel/panel-messages.js';
import * as session from './session/session-messages.js';
import type { CancelTurnRequest, EditRequest, OutgoingMessage, RegenerateRequest } from './session/session-messages.js';

/** Schemas of a workflow: its input, and its messages by name. */
export interface WorkflowSchemas {
  readonly input: Schema<unknown>;
  readonly messages: ReadonlyMap<string, Schema<unknown>>;
}

const sessionIdSchema = textBy(faultOfSessionId);
const turnSchema = object<{ readonly turn: number }>({ turn: turnNumberSchema });
const knowledgeBaseSchema = object<{ readonly name: string }>({ name: knowledgeBaseNameSchema });
/** Upper bound, for tests of continue-as-new; no session needs more. */
const historyLengthSchema = number({ above: 0, most: 50_000, whole: true });
/** Only a run that continues another one carries state, and that input is not checked: see `check-input.ts`. */
const carriedSchema: Schema<never> = {
  check: (_value, path, faults) => {
    faults.push(`"${path}" cannot be given; only the previous run of a workflow sets it.`);
  },
};

type ForkOf = NonNullable<ChatSessionInput['forkOf']>;

const chatSessionInputSchema = object<ChatSessionInput>({
  sessionId: sessionIdSchema,
  settings: sessionSettingsSchema,
  forkOf: optional(
    object<ForkOf>({
      sessionId: sessionIdSchema,
      turn: turnNumberSchema,
      title: optional(string({ maxLength: 400 })),
    }),
  ),
  archive: optional(boolean()),
  carried: optional(carriedSchema),
  maxHistoryLength: optional(historyLengthSchema),
});

const toolArgumentsSchema = json<ToolArguments>({ maxBytes: 200_000 });

const expertCallSchema = object<ExpertCall>({
  questionId: givenIdSchema,
  expert: givenIdSchema,
  call: object<ExpertCall['call']>({
    callId: givenIdSchema,
    tool: givenIdSchema,
    arguments: toolArgumentsSchema,
    state: oneOf(['waiting-approval', 'running', 'done', 'failed', 'refused', 'timed-out']),
    startedAt: string({ maxLength: 40 }),
  }),
});

const CHAT_SESSION = [
  accepts(
    session.sendMessageUpdate,
    object<OutgoingMessage>({ messageId: messageIdSchema, text: messageTextSchema, steer: optional(boolean()) }),
  ),
  accepts(
    session.userTurnSignal,
    object<OutgoingMessage>({ messageId: messageIdSchema, text: messageTextSchema, steer: optional(boolean()) }),
  ),
  accepts(
    session.regenerateTurnUpdate,
    object<RegenerateRequest>({ messageId: messageIdSchema, turn: optional(turnNumberSchema) }),
  ),
  accepts(
    session.editTurnUpdate,
    object<EditRequest>({ messageId: messageIdSchema, text: messageTextSchema, turn: turnNumberSchema }),
  ),
  accepts(session.selectBranchUpdate, turnSchema),
  accepts(session.changeSettingsUpdate, settingsChangeSchema),
  accepts(
    session.renameSessionUpdate,
    object<{ readonly title: string }>({
      title: string({ minLength: 1, maxLength: 200, notBlank: true }),
    }),
  ),
  accepts(session.resolveApprovalUpdate, approvalDecisionSchema),
  accepts(
    session.cancelTurnSignal,
    optional(nullable(object<CancelTurnRequest>({ messageId: optional(messageIdSchema) }))),
  ),
  accepts(session.endSessionSignal, nothing()),
  accepts(session.getTranscriptQuery, optional(nullable(transcriptRequestSchema))),
  accepts(session.getTurnsQuery, turnsRequestSchema),
  accepts(session.getConversationQuery, conversationRequestSchema),
  accepts(session.getToolCallsQuery, turnSchema),
  accepts(session.getStatusQuery, nothing()),
];

const PANEL = [
  accepts(panel.cancelPanelSignal, nothing()),
  accepts(panel.addExpertUpdate, expertProfileSchema),
  accepts(panel.addRemarkUpdate, object<{ readonly text: string }>({ text: remarkSchema })),
  accepts(panel.resolveReviewUpdate, reviewDecisionSchema),
  accepts(panel.resolvePanelApprovalUpdate, approvalDecisionSchema),
  accepts(panel.expertCallSignal, expertCallSchema),
  accepts(panel.getPanelStatusQuery, nothing()),
  accepts(panel.getPanelResultQuery, nothing()),
];

/** One entry for each workflow of `index.ts`; a missing schema does not compile. */
export const WORKFLOW_SCHEMAS: Readonly<Record<keyof typeof Workflows, WorkflowSchemas>> = {
  chatSessionWorkflow: taking(chatSessionInputSchema, CHAT_SESSION),
  deleteSessionWorkflow: taking(
    object<DeleteSessionInput>({
      sessionId: sessionIdSchema,
      modelIds: array(modelIdSchema, { most: 1_000 }),
      userId: optional(userIdSchema),
    }),
  ),
  panelWorkflow: taking(bounded(panelInputSchema, 1_000_000), PANEL),
  expertWorkflow: taking(expertInputSchema, [accepts(panel.expertApprovalSignal, approvalDecisionSchema)]),
  answerWithSourcesWorkflow: taking(sourcedQuestionSchema),
  ingestDocumentsWorkflow: taking(
    bounded(
      object<IngestDocumentsInput>({
        ...ingestionRequestFields,
        documentsAtOnce: optional(number({ above: 0, most: 100, whole: true })),
        maxHistoryLength: optional(historyLengthSchema),
        carried: optional(carriedSchema),
      }),
      510_000,
    ),
    [accepts(getIngestionQuery, nothing())],
  ),
  createKnowledgeBaseWorkflow: taking(
    object<CreateKnowledgeBaseInput>({
      name: knowledgeBaseNameSchema,
      vectors: optional(boolean()),
      chunkTokens: optional(number({ most: 1_000_000, whole: true })),
      overlapTokens: optional(number({ most: 1_000_000, whole: true })),
    }),
  ),
  listKnowledgeBasesWorkflow: taking(nothing()),
  listDocumentsWorkflow: taking(
    object<ListDocumentsInput>({
      name: knowledgeBaseNameSchema,
      uriPrefix: optional(string({ maxLength: 8_192 })),
      after: optional(uriSchema),
      limit: optional(number({ above: 0, most: 1_000_000, whole: true })),
    }),
  ),
  removeDocumentWorkflow: taking(
    object<{ readonly name: string; readonly uri: string }>({ name: knowledgeBaseNameSchema, uri: uriSchema }),
  ),
  deleteKnowledgeBaseWorkflow: taking(knowledgeBaseSchema),
  searchKnowledgeWorkflow: taking(searchRequestSchema),
  readArchivedPathWorkflow: taking(archivedPathRequestSchema),
  readArchivedTurnsWorkflow: taking(archivedTurnsRequestSchema),
  readUserUsageWorkflow: taking(userUsageRequestSchema),
};

type Definition<Arguments extends [unknown?]> =
  UpdateDefinition<unknown, Arguments> | SignalDefinition<Arguments> | QueryDefinition<unknown, Arguments>;

/** Binds a message to the schema of its argument. Clients of some languages send null for no argument. */
function accepts<Arguments extends [unknown?]>(
  definition: Definition<Arguments>,
  schema: Schema<Arguments[0] | null>,
): readonly [string, Schema<unknown>] {
  return [definition.name, schema];
}

function taking(
  input: Schema<unknown>,
  messages: readonly (readonly [string, Schema<unknown>])[] = [],
): WorkflowSchemas {
  return { input, messages: new Map(messages) };
}
