import { array, number, string } from './schema.js';

/** Values that are part of several inputs. */

/** One year; no timer runs longer. */
const MAX_SECONDS = 31_536_000;

/** Becomes part of queue names and search attributes. */
export const modelIdSchema = string({ minLength: 1, maxLength: 200, oneLine: true });
/** Id of a user, in any alphabet. Becomes a fairness key and a search attribute. */
export const userIdSchema = string({ minLength: 1, maxLength: 200, oneLine: true });
export const toolNamesSchema = array(string({ minLength: 1, maxLength: 200, oneLine: true }), { most: 50 });
export const maxToolCallsSchema = number({ above: 0, most: 1_000, whole: true });
/** A duration. */
export const secondsSchema = number({ above: 0, most: MAX_SECONDS });
/** Sum of tokens over many answers. */
export const tokenSumSchema = number({ above: 0, most: 1e15, whole: true });
/** Tokens of one answer. */
export const outputTokensSchema = number({ above: 0, most: 10_000_000, whole: true });
/** Turns are numbered from 1; 0 stands for the beginning. */
export const turnNumberSchema = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
/** Ids of calls, reviews and questions, assigned by workflows. */
export const givenIdSchema = string({ minLength: 1, maxLength: 400, oneLine: true });
