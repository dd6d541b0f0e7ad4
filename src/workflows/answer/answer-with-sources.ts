import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import { EMPTY_HASH, hashPreamble } from '../../domain/conversation-hash.js';
import { DEFAULT_MAX_OUTPUT_TOKENS, DEFAULT_PERSONA } from '../../domain/session/session-settings.js';
import { SOURCED_MESSAGE_ID, questionDetails } from '../../domain/session/sourced-question.js';
import type { SourcedQuestion, SourcedResult } from '../../domain/session/sourced-question.js';
import { answerFromSources } from './answer-from-sources.js';
import { toTurnFailure } from './answer-turn.js';

/** Answers one question from sources, without a conversation. Sessions do the same for their turns: see `settings.sources`. */
export async function answerWithSourcesWorkflow(input: SourcedQuestion): Promise<SourcedResult> {
  const { answerId, question, modelId, sources, decoding, timeoutSeconds } = input;
  const { persona = DEFAULT_PERSONA, userId = answerId, maxOutputTokens = DEFAULT_MAX_OUTPUT_TOKENS } = input;
  const deadline =
    timeoutSeconds === undefined ? undefined : new Date(Date.now() + timeoutSeconds * 1000).toISOString();
  try {
    const output = await answerFromSources(
      {
        sessionId: answerId,
        modelId,
        turn: 1,
        message: { messageId: SOURCED_MESSAGE_ID, text: question },
        // The conversation consists of this question alone, so no worker asks for earlier turns.
        head: 0,
        contextFromTurn: 1,
        pathHash: EMPTY_HASH,
        preambleHash: hashPreamble({ persona }),
        persona,
        purpose: 'once',
        maxOutputTokens,
        decoding,
        ...(deadline !== undefined && { deadline }),
      },
      sources,
      { summary: question, userId },
      (step, about) => setCurrentDetails(questionDetails(input, step, { about })),
    );
    const { answer, keywords, finishReason, usage } = output;
    setCurrentDetails(questionDetails(input, 'Answered', { answer }));
    return { answerId, modelId: output.modelId, ...answer, keywords, finishReason, usage };
  } catch (error) {
    const failure = toTurnFailure(error, modelId);
    setCurrentDetails(questionDetails(input, 'Failed', { about: failure.message }));
    const { type, message, partial } = failure;
    throw ApplicationFailure.create({ type, message, nonRetryable: true, ...(partial && { details: [partial] }) });
  }
}
