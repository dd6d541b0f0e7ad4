import { describe, expect, it } from 'vitest';
import { TemplateError } from './jinja/template-error.js';
import { compileTemplate } from './render-template.js';

const NOW = new Date(2026, 10, 3, 9, 5, 7);
const render = (template: string, variables: Readonly<Record<string, unknown>> = {}) =>
  compileTemplate(template)(variables, { now: NOW });
const failure = (template: string, variables: Readonly<Record<string, unknown>> = {}): TemplateError => {
  try {
    render(template, variables);
  } catch (error) {
    if (error instanceof TemplateError) return error;
  }
  throw new Error('The template was rendered.');
};

// The expected texts come from Python's jinja2 3.1.6 with transformers' settings.
describe('a chat template is rendered as by Python', () => {
  it.each([
    [
      'prints values as Python does',
      "{{ [true, none, 1.0, 'a\\'b\"', {'k': (1, 2)}] }}",
      "[True, None, 1.0, 'a\\'b\"', {'k': (1, 2)}]",
    ],
    ['prints nothing for what is undefined', '[{{ nothing }}]', '[]'],
    [
      'takes the argument of strip and its kin',
      "[{{ ' \\n\\nx\\n '.lstrip(' ').lstrip('\\n').rstrip('\\n ') }}]",
      '[x]',
    ],
    ['knows the white space of Python', "[{{ '\\x1c\\x85 a\\ufeff '.strip() }}]", '[a\ufeff]'],
    ['counts characters, not UTF-16 units', "{{ '🙂a'|length }} {{ '🙂a'[1] }}", '2 a'],
    [
      'compares without converting',
      "{{ '1' == 1 }} {{ [1] == [1] }} {{ none == nothing }} {{ 1 == true }}",
      'False True False True',
    ],
    ['gives remainders the sign of the right side', '{{ -1 % 3 }} {{ -7 // 2 }}', '2 -4'],
    ['keeps what was written before a break', '{% for x in [1, 2] %}{{ x }}{% break %}{% endfor %}', '1'],
    ['counts no round that was left early', '{% for x in [1] %}{% continue %}{% else %}e{% endfor %}', 'e'],
    ['forgets what a round has set', '{% for x in [1, 2] %}{{ y }}{% set y = x %}{% endfor %}', ''],
    [
      'shows a macro its own variables',
      "{% set a = 'o' %}{% macro m() %}{{ a }}{% endmacro %}{% for a in 'x' %}{{ m() }}{% endfor %}",
      'o',
    ],
    [
      'calls methods of dicts that have such entries',
      "{% for k, v in {'items': 1}.items() %}{{ k }}{{ v }}{% endfor %}",
      'items1',
    ],
    ['takes whole numbers as keys', '{% for k, v in {0: 1, 512: 2}|dictsort %}{{ k }}{{ v }} {% endfor %}', '01 5122 '],
    [
      'finds a generator true and empty after one reading',
      "{% set g = []|map('upper') %}{{ 'y' if g else 'n' }}{{ g|list }}",
      'y[]',
    ],
    [
      'runs tests with arguments',
      "{{ 4 is divisibleby(2) }} {{ 'a' is eq 'b' }} {{ 3 is not in([1]) }}",
      'True False True',
    ],
    [
      'writes JSON as transformers does',
      "{{ {'ü': [1.0, none], 'b': {}}|tojson(indent=2) }}",
      '{\n  "ü": [\n    1.0,\n    null\n  ],\n  "b": {}\n}',
    ],
    [
      'joins and repeats as Python does',
      "{{ 'a' * 3 }} {{ '%s-%d' % ('x', 2) }} {{ '{}{b}'.format(1, b='c') }}",
      'aaa x-2 1c',
    ],
    ['escapes what is joined to markup', "{{ '<'|safe + '<' }}", '<&lt;'],
    [
      'tells the time that it was given',
      "{{ strftime_now('%A, %d %B %Y %H:%M %-d') }}",
      'Tuesday, 03 November 2026 09:05 3',
    ],
    ['renders what generation tags hold', 'a{% generation %}b{% endgeneration %}c', 'abc'],
    ['reads line ends of Windows', 'a\r\n{% if true %}\r\nb\r\n{% endif %}\r\n', 'a\nb\n'],
  ])('%s', (_what, template, expected) => {
    expect(render(template)).toBe(expected);
  });

  it('does not define what is given as undefined', () => {
    expect(render('{{ a is defined }} {{ b is none }}', { a: undefined, b: null })).toBe('False True');
  });
});

describe('a template that cannot be rendered', () => {
  it.each([
    ['{{ a }}\n{{ a.b.c }}', 2, /^a is undefined$/u],
    ["{% if true %}\n\n{{ 'a' + 1 }}{% endif %}", 3, /unsupported operand types for \+: 'str' and 'int'/u],
    ['x\n{{ [1]|groupby(1) }}', 2, /^no filter named 'groupby'$/u],
    ['x\n{# a\ncomment #}\n{{ x is odder }}', 4, /^no test named 'odder'$/u],
    ["{{ '{%' }}\n{{ '}}' }}\n{{ unknown() }}", 3, /^unknown is not a function$/u],
    ['a\nb\n{% include "x" %}', 3, /include/u],
    ['a\n{{ 1 < 2 < 3 }}', 2, /chain/u],
    ["{% for m in [1] %}\n{{ raise_exception('No ' ~ m) }}{% endfor %}", 2, /^No 1$/u],
  ])('names the reason and the line: %j', (template, line, reason) => {
    const error = failure(template);
    expect(error.message).toMatch(reason);
    expect(error.line).toBe(line);
  });

  it('says whether the template itself refuses', () => {
    expect(failure("{{ raise_exception('no') }}").isRefusal).toBe(true);
    expect(failure('{{ a.b }}').isRefusal).toBe(false);
  });
});
