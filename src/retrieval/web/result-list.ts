import { z } from 'zod';

/** URL of a result. SearXNG also returns null, according to its own types, and schemes other than http and https. */
export const pageUrlSchema = z.string().refine(isPageUrl, { error: 'no address of a web page' });

/** Optional text of a result; a value of another type counts as missing. */
export const sayingSchema = z.string().nullish().catch(undefined);

/** Whether it is an absolute http or https URL. */
function isPageUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/u.test(new URL(url).protocol);
}

/**
 * A provider's list of results without those that cannot be read, because search engines change their results at any time, and one odd
 * result must not invalidate the others. The list is only rejected if all of its results are unreadable.
 */
export function resultList<T>(result: z.ZodType<T>): z.ZodType<T[]> {
  return z.array(z.unknown()).transform((given, context) => {
    const parsed = given.map((one) => result.safeParse(one));
    const results = parsed.flatMap(({ success, data }) => (success ? [data] : []));
    const issue = parsed.find(({ success }) => !success)?.error?.issues[0];
    if (results.length > 0 || issue === undefined) return results;
    const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    context.addIssue({
      code: 'custom',
      message: `none of ${given.length} can be used; of the first: ${where}${issue.message}`,
    });
    return z.NEVER;
  });
}
