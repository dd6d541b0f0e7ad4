/** Escapes text of people and models, which is shown, not rendered: a message must not be able to draw links or images in the UI. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~-]/gu, '\\$&');
}
