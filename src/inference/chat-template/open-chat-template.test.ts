import { describe, expect, it } from 'vitest';
import type { ChatPrompt } from './chat-variables.js';
import { TemplateError } from './jinja/template-error.js';
import { openChatTemplate } from './open-chat-template.js';
import { promptThinking, thinkingFormat } from './thinking-format.js';

const open = (template: string) => openChatTemplate(template, { specialTokens: { bos_token: '<s>' } });
const render = (template: string, prompt: Omit<ChatPrompt, 'type'>) =>
  open(template).render({ type: 'chat', ...prompt }, { now: new Date(0) });

const EACH =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
const ASK = { messages: [{ role: 'user' as const, text: 'Hi' }] };

describe('a chat template, when it is opened', () => {
  it('is given texts as parts where it wants parts', () => {
    const template =
      '{% for m in messages %}<{{ m.role }}>{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}<assistant>';
    expect(render(template, { ...ASK, persona: 'P' })).toBe('<system>P<user>Hi<assistant>');
  });

  it('has the persona in the first message of the user where it refuses system messages, or loses them', () => {
    const refusing = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${EACH}`;
    const losing = `{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>`;
    for (const template of [refusing, losing]) {
      expect(render(template, { ...ASK, persona: 'P' })).toBe('<user>P\n\nHi<assistant>');
      expect(render(template, ASK)).toBe('<user>Hi<assistant>');
    }
  });

  it('renders a persona where it wants a system message, and says so without one', () => {
    const template = `{% if messages[0].role != 'system' %}{{ raise_exception('a system message is required') }}{% endif %}${EACH}`;
    expect(render(template, { ...ASK, persona: 'P' })).toBe('<system>P<user>Hi<assistant>');
    expect(() => render(template, ASK)).toThrow(/wants a system message: give the session a persona/u);
  });

  it('has messages of one role in a row joined where roles must alternate, and empty answers left out', () => {
    const template = `{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) or m.content == '' %}{{ raise_exception('no') }}{% endif %}{% endfor %}${EACH}`;
    const messages = [
      { role: 'user' as const, text: 'a' },
      { role: 'assistant' as const, text: '' },
      { role: 'user' as const, text: 'b' },
    ];
    expect(render(template, { messages })).toBe('<user>a\n\nb<assistant>');
    expect(render(EACH, { messages })).toBe('<user>a<assistant><user>b<assistant>');
  });

  it('is refused with the reason when it renders no conversation', () => {
    expect(() => open('a\n{{ messages[0].content.first.second }}')).toThrow(TemplateError);
    expect(() => open(`${EACH}{% if messages[0].role == 'system' %}{{ 'a' + 1 }}{% endif %}`)).toThrow(
      /unsupported operand/u,
    );
    expect(() => open('{{ messages[-1].content }}')).toThrow(/leaves out texts/u);
  });

  it('gets thoughts by the names that it asks for', () => {
    const past = {
      messages: [
        ASK.messages[0] ?? { role: 'user' as const, text: '' },
        { role: 'assistant' as const, text: 'A', thinking: 'T' },
        { role: 'user' as const, text: 'B' },
      ],
    };
    const template = (name: string) =>
      `{% for m in messages %}{% if m.${name} %}<think>{{ m.${name} }}</think>{% endif %}{{ m.content }}{% endfor %}`;
    for (const name of ['reasoning_content', 'reasoning', 'thinking']) {
      expect(render(template(name), past)).toBe('Hi<think>T</think>AB');
    }
    expect(render('{% for m in messages %}{{ m.content }}{% endfor %}', past)).toBe('HiAB');
  });

  it('is told whether the model shall think only when somebody said so', () => {
    const template = `{{ enable_thinking if enable_thinking is defined else 'unsaid' }} ${EACH}`;
    expect(render(template, ASK)).toMatch(/^unsaid/u);
    expect(render(template, { ...ASK, thinking: false })).toMatch(/^False/u);
  });

  it('tells what follows an answer', () => {
    expect(open(EACH.replace('{% endfor %}', '<end>{% endfor %}')).afterAnswer).toEqual(['<end><user>', '<end>']);
  });
});

describe('the marks of thoughts', () => {
  it.each([
    ["{{ content.split('</think>')[-1] }}", '<think>'],
    ["{{ '<seed:think>' ~ t ~ '</seed:think>' }} {# not <think> and </think> #}", '<seed:think>'],
    ["{{ '[THINK]' + t + '[/THINK]' }}", '[THINK]'],
    ["{% if add_generation_prompt %}{{ '<|assistant|><think>\\n' }}{% endif %}", '<think>'],
    ["{% if add_generation_prompt %}{{ '<seed:think>' }}{% endif %}", '<seed:think>'],
    ["{{ content.split('</think>')[-1] }}{# or [THINK] #}", '<think>'],
  ])('are those that the template spells: %s', (template, expected) => {
    expect(thinkingFormat(template)?.open).toBe(expected);
  });

  it('are none where it spells none', () => {
    expect(thinkingFormat(EACH)).toBeUndefined();
  });

  it('are open where the prompt ends in them', () => {
    const format = { open: '<think>', close: '</think>' };
    expect(promptThinking(format, 'a<think>\n').isOpen).toBe(true);
    expect(promptThinking(format, 'a<think>\n</think>\n').isOpen).toBe(false);
  });
});
