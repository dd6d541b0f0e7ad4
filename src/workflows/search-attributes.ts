import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { SESSION_SEARCH_ATTRIBUTES, keyword, personaName } from '../domain/search-attributes.js';
import type { SessionAttributes, SessionStatusAttribute } from '../domain/search-attributes.js';

/** The search attributes of a session, for Temporal's SDK. Workflows and clients use this file, so it contains no workflow code. */

const { userId, modelId, persona, status, turns } = SESSION_SEARCH_ATTRIBUTES;

export const USER_ATTRIBUTE = defineSearchAttributeKey(userId.name, userId.type);
export const MODEL_ATTRIBUTE = defineSearchAttributeKey(modelId.name, modelId.type);
export const PERSONA_ATTRIBUTE = defineSearchAttributeKey(persona.name, persona.type);
export const STATUS_ATTRIBUTE = defineSearchAttributeKey(status.name, status.type);
export const TURNS_ATTRIBUTE = defineSearchAttributeKey(turns.name, turns.type);

/** All search attributes; they must be registered before a session sets one. */
export const SESSION_ATTRIBUTE_KEYS = [
  USER_ATTRIBUTE,
  MODEL_ATTRIBUTE,
  PERSONA_ATTRIBUTE,
  STATUS_ATTRIBUTE,
  TURNS_ATTRIBUTE,
];

/** Values for `typedSearchAttributes` at the start and `upsertSearchAttributes` later. Missing ones stay unchanged. */
export function searchAttributePairs(attributes: SessionAttributes): SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [];
  const add = (key: typeof USER_ATTRIBUTE, value: string | undefined): void => {
    if (value !== undefined && value !== '') pairs.push({ key, value: keyword(value) });
  };
  add(USER_ATTRIBUTE, attributes.userId);
  add(MODEL_ATTRIBUTE, attributes.modelId);
  add(PERSONA_ATTRIBUTE, attributes.persona === undefined ? undefined : personaName(attributes.persona));
  add(STATUS_ATTRIBUTE, attributes.status);
  if (attributes.turns !== undefined) pairs.push({ key: TURNS_ATTRIBUTE, value: attributes.turns });
  return pairs;
}

/** The search attributes of a session; a session of an older version has none. */
export function readSearchAttributes(attributes: TypedSearchAttributes): SessionAttributes {
  const userIdValue = attributes.get(USER_ATTRIBUTE);
  const modelIdValue = attributes.get(MODEL_ATTRIBUTE);
  const personaValue = attributes.get(PERSONA_ATTRIBUTE);
  const statusValue = attributes.get(STATUS_ATTRIBUTE);
  const turnsValue = attributes.get(TURNS_ATTRIBUTE);
  return {
    ...(userIdValue !== undefined && { userId: userIdValue }),
    ...(modelIdValue !== undefined && { modelId: modelIdValue }),
    ...(personaValue !== undefined && { persona: personaValue }),
    ...(isStatus(statusValue) && { status: statusValue }),
    ...(turnsValue !== undefined && { turns: turnsValue }),
  };
}

function isStatus(value: unknown): value is SessionStatusAttribute {
  return value === 'open' || value === 'awaiting-approval' || value === 'ended';
}
