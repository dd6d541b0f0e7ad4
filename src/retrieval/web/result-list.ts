import { z } from 'zod';

/** Where a result leads. SearXNG's own type has null there, and other schemes than the web's. */
export const pageUrlSchema = z.string().refine(isPageUrl, { error: 'no address of a web page' });

/** What a result may say of itself: of another type it counts as not said. */
export const sayingSchema = z.string().nullish().catch(undefined);

/** Whether it is an absolute URL of the web. */
function isPageUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/u.test(new URL(url).protocol);
}

/**
 * A provider's list of results, of which those that cannot be read are left out: engines behind it change theirs at any time, and one odd
 * result must not take the others with it. Only a list of nothing but such results is not what it claims to be.
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
