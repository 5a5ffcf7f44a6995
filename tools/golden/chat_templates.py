#!/usr/bin/env python3
"""Writes tests/golden/text/chat_templates.json: what transformers' Jinja environment renders.

    python3 tools/golden/chat_templates.py

"language" holds small templates, each for the variables "variables": every construct that chat templates are written in,
and mistakes. "templates" and "conversations" are combined with each other in "renderings"; the templates are those of
published_chat_templates.py, in the constructs of published ones: Llama 2 and 3, Mistral, Mixtral, Qwen2, Jamba,
FalconMamba, Codestral. A text that is null stands for an error.
"""

import json
import pathlib

from transformers.utils.chat_template_utils import _compile_jinja_template

from published_chat_templates import TEMPLATES

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "text" / "chat_templates.json"

VARIABLES = {
    "zero": 0, "one": 1, "seven": 7, "minus": -7, "half": 2.5, "big": 1e16, "small": 1.5e-7, "yes": True, "no": False,
    "nothing": None, "empty": "", "name": "Ada", "text": "  Hello, World  ", "quote": "it's", "both": "it's \"so\"\\",
    "accents": "\u00e9\u00c5\u4f60\U0001F600\u0301", "lines": "one\ntwo\r\n\n four\n", "html": "<a href='x'>&</a>",
    "tabs": "a\tb\x00\x1f\x7f\u00a0\u2028", "spaces": "\u3000 x\u00a0y  z\u0085", "dots": "a.b.c..d", "digits": " 42 ",
    "list": [1, 2, 3, 4, 5], "words": ["b", "a", "C", "a"], "none_list": [], "nested": [[1, [2, {"x": None}]], "s"],
    "map": {"b": 1, "a": 2, "C": 3}, "none_map": {}, "items": "not a method",
    "methods": {"items": [7], "keys": "k", "get": 1, "name": {"first": "Ada"}, "list": [[1, 2], {"deep": "down"}]},
    "people": [{"name": "Ada", "age": 36, "role": "user"}, {"name": "Bob", "role": "system"},
               {"name": "Eve", "age": None, "role": "user", "tags": ["x", "y"]}],
}

OUTPUT = r"""
'a' 'b' | "c\"d" | 'e\n\t\\\'\x41\u00e9\q' | 12 | 1.5 | 2e3 | true | True | none | None | [] | [1, 'a', none] | {} | {'a': 1, "b": [2]}
(1, 2) | (1,) | () | 1, 2 | ((1)) | [1,] | {'a': 1,} | {'a': 1, 'a': 2}
zero | minus | half | big | small | yes | no | nothing | empty | name | text | missing | list | nested | map | none_map | people
quote | both | accents | [quote] | [both] | [accents, tabs, lines] | [spaces]
100000000000000000.0 | 123456789012345680.0 | 0.0001 | 0.00001 | 1.0 | 3.0 * 2 | 1e22 | 0.1 + 0.2 | 1e15 | 9007199254740993
1 + 2 * 3 | (1 + 2) * 3 | 7 / 2 | 6 / 2 | 7 // 2 | -7 // 2 | 7 // -2 | 7 % 3 | -7 % 3 | 7 % -3 | 7.5 % 2 | -7.5 % 2 | -7.5 // 2 | 2 - 3 - 4
-seven | +seven | - -seven | -half | not yes | not not yes | not missing | -seven + 1 | yes + yes | true * 3 | -yes
1 / 0 | 1 // 0 | 1 % 0 | 1.0 / 0 | 'a' + 1 | 1 + 'a' | nothing + 1 | [] + 1 | {} + {} | missing + 1 | missing + 'a' | -missing | -name
'a' + 'b' | 'a' * 3 | 3 * 'a' | 'a' * -1 | [1] + [2] | [1, 2] * 2 | (1,) + (2,) | 'a' ~ 1 ~ none ~ missing ~ [1] ~ 2.0 | name ~ '!' ~ name
1 ~ 2 + 3 | 'a' ~ 2 * 3 | 1 + 1 ~ 1 | 'x' ~ yes
1 < 2 | 1 < 2 < 3 | 1 < 3 < 2 | 1 == 1.0 | 1 == true | 'a' < 'b' | 'a' == 'a' | 'B' < 'a' | [1] == [1] | [1] == (1,) | {'a': 1} == {'a': 1.0} | 2 >= 2 | 3 != 3 | 1 <= 0 | 'a' > 'b'
1 < 'a' | none < 1 | missing < 1 | missing == missing | missing == none | none == none | none == false | [] == [] | {'a': 1, 'b': 2} == {'b': 2, 'a': 1} | '' == none
1 in list | 9 in list | 1 not in list | 'da' in name | 'x' not in name | 'a' in map | 1 in map | 'a' in missing | 1 in name | 1 in nothing | '' in name | not 1 in list | 'a' in words and 'z' not in words
yes and no | yes and name | no or name | empty or none_list or 'x' | no and missing.x | yes or missing.x | not yes or yes | none and 1 | 0 or empty
'a' if yes | 'a' if no | 'a' if no else 'b' | 'a' if no else 'b' if no else 'c' | ('a' if no) is defined | 'x' ~ ('a' if yes else 'b') | 1 if one else 2
map.a | map['a'] | map.missing | map.missing.x | map['missing'] | missing.x | missing['x'] | name.x | name.x.y | nothing.x | nothing['x'] | list.x | one.x | 'a'.b is defined
list[0] | list[-1] | list[5] | list[-6] | list.0 | list.4 | nested[0][1][1].x | name[0] | name[-1] | name[9] | accents[1] | accents[3] | (1, 2)[1] | list['a'] | map[0] | list[1.5] | list[true]
list[1:3] | list[:2] | list[3:] | list[:] | list[::-1] | list[::2] | list[-2:] | list[5:1] | list[4:0:-2] | list[-1:-9:-3] | name[1:] | name[:-1] | accents[1:4] | accents[::-1] | (1, 2, 3)[:2] | list[1:9] | list[::9] | list[::0] | list['a':] | name[5:] | text[2:7] | nothing[1:] | none_list[1:] | missing[1:] | list[none:2]
methods['items'] | methods['keys'] | methods.get('keys') | methods.name.first | methods.list[1].deep | map.items is defined | methods.name['first']
methods.items()|list | map.items()|list | map.keys()|list | map.values()|list | map.get('a') | map.get('x') | map.get('x', 7) | map.get('a', 7) | map.items()|length | map.keys()|join(',') | map.get(1) | map.get() | 'a' in map.keys() | 2 in map.values() | map.items()[0] | map.items()|first
map.pop('a') | map.update({'x': 1}) | list.append(1) | list.sort() | name.__class__ | name.__class__.__mro__ | map.__len__ | ''.__class__ is defined
text.strip() | text.lstrip() ~ '|' | '|' ~ text.rstrip() | 'xxaxx'.strip('x') | 'xyaxy'.lstrip('yx') | 'a--'.rstrip('-') | spaces.strip() | 'a'.strip(none) | 'éaé'.strip('é') | ' a '.strip('')
dots.split('.') | dots.split('.', 1) | dots.split('.', 0) | text.split() | spaces.split() | 'a b  c '.split(none, 1) | 'a,b'.split(',')[1] | ''.split() | ''.split(',') | 'abc'.split('') | dots.split('..') | dots.split(sep='.', maxsplit=2) | 'a b'.split(' ')[-1]
dots.rsplit('.', 1) | dots.rsplit('.') | lines.splitlines() | 'a\r\nb\rc\x0bd\u2028e'.splitlines() | ''.splitlines()
name.startswith('A') | name.startswith('a') | name.endswith('da') | name.startswith(('x', 'A')) | name.endswith(()) | name.startswith('') | name.startswith(1) | name.startswith() | accents.startswith('é')
name.upper() | name.lower() | text.title() | "they're bill's friends".title() | 'hELLO wORLD'.capitalize() | accents.lower() | accents.upper() | 'ÅÄ éà'.title() | 'ǆ'.capitalize()
'aXbXc'.replace('X', '--') | 'aXbXc'.replace('X', '', 1) | 'abc'.replace('', '-') | 'abc'.replace('', '-', 2) | ''.replace('', 'x') | 'aaa'.replace('aa', 'b') | 'abc'.replace('x', 'y') | 'éa'.replace('', '-') | 'abc'.replace('a', 1) | 'abc'.replace('a', 'x', 0)
text|trim | text|trim ~ '|' | 'xxaxx'|trim('x') | 5|trim | missing|trim | nothing|trim | list|trim | accents|trim
list|length | name|length | accents|length | map|length | missing|length | none_list|count | (1, 2)|length | one|length | nothing|length | range(3)|length
name|upper | name|lower | 5|upper | yes|lower | 'hELLO wORLD'|capitalize | missing|upper | nothing|lower
list|first | list|last | none_list|first | none_list|last | name|first | name|last | map|first | map|last | missing|first | none_list|first is defined | 5|first | (1, 2)|last
name|list | map|list | list|list | missing|list | 5|list | range(4)|list | (1, 2)|list | accents|list
words|join | words|join(', ') | list|join('-') | people|join(', ', attribute='name') | people|join(', ', 'role') | none_list|join(',') | name|join('-') | missing|join | map|join(',') | list|join(1) | [none, true, missing]|join(',') | 5|join
name|string | 5|string | none|string | missing|string | list|string | [1]|string|length | html|safe | 5|safe
'a-b'|replace('-', '+') | 'aaa'|replace('a', 'b', 2) | 5|replace(5, 6) | html|replace('<', '[') | 'abc'|replace('b', missing) | 'abc'|replace('b')
missing|default('x') | empty|default('x') | empty|default('x', true) | nothing|default('x') | nothing|default('x', boolean=true) | missing|default | name|default('x') | map.x|default('y') | missing|d(1) | zero|default(5, true) | missing|default(default_value='z')
'42'|int | ' 42 '|int | '4.7'|int | 'x'|int | 'x'|int(9) | 'x'|int(default=3) | 4.7|int | -4.7|int | true|int | none|int | '-3'|int | '+3'|int | []|int | missing|int | '1e3'|int | ''|int | 'inf'|int | '+-3'|int
'4.5'|float | 'x'|float | 3|float | ' 2 '|float | none|float | 'x'|float(1.5) | true|float
name|tojson | both|tojson | accents|tojson | tabs|tojson | html|tojson | list|tojson | nested|tojson | map|tojson | none|tojson | yes|tojson | half|tojson | big|tojson | (1, 2)|tojson | {}|tojson | []|tojson | missing|tojson | range(2)|tojson | people|tojson
map|tojson(indent=2) | nested|tojson(indent=4) | {}|tojson(indent=2) | [[]]|tojson(indent=1) | map|tojson(indent=0) | map|tojson(sort_keys=true) | accents|tojson(ensure_ascii=true) | map|tojson(separators=(',', ':')) | map|tojson(indent=2, separators=(',', ' = ')) | map|tojson(true) | list|tojson(indent='--') | map|tojson(indent=none)
people|map(attribute='name')|list | people|map(attribute='age')|list | people|map(attribute='age', default='?')|list | people|map(attribute='tags.0')|join(',') | words|map('upper')|join(',') | words|map('replace', 'a', 'x')|list | list|map('string')|list | none_list|map('upper')|list | missing|map('upper')|list | words|map('nosuch')|list | words|map()|list | people|map(attribute='tags.0.x')|list
people|selectattr('age')|list|length | people|selectattr('role', 'equalto', 'user')|map(attribute='name')|list | people|selectattr('role', '==', 'system')|list | people|rejectattr('role', 'eq', 'user')|map(attribute='name')|join | people|selectattr('age', 'defined')|list|length | people|rejectattr('age')|list|length | people|selectattr('name', 'in', ['Ada', 'Eve'])|list|length | people|selectattr('tags', 'undefined')|map(attribute='name')|list | people|selectattr('role', 'ne', 'user')|first | people|selectattr('age')|length | people|selectattr('age') is iterable | people|selectattr('age') is sequence | missing|selectattr('x')|list | people|selectattr('age')|first
list|select('odd')|list | list|reject('odd')|list | list|select|list | [0, 1, '', 'a', none]|select|list | list|select('gt', 2)|list | list|select('divisibleby', 2)|list | list|reject('in', [1, 2])|list | list|select('nosuch')|list | list|select('<=', 2)|list | list|select('greaterthan', 3)|list | list|select('lessthan', 3)|list | list|select('ge', 5)|list | list|select('le', 1)|list | list|select('!=', 1)|list
map|dictsort | map|dictsort(true) | map|dictsort(false, 'value') | map|dictsort(reverse=true) | none_map|dictsort | map|dictsort(by='value', reverse=true) | list|dictsort | map|dictsort(by='x') | {'a': 1, 'b': 'x'}|dictsort(by='value')
words|unique|list | words|unique(true)|list | people|unique(attribute='role')|map(attribute='name')|list | ['a', 'A', 1, 1.0]|unique|list | ['a', 'A']|unique(case_sensitive=true)|list | 'the qUICK-brown (fox) o\'neil'|title | 'ab\ncd<ef'|title | 5|title
map|items|list | missing|items|list | list|items|list | map|items is iterable
'a\nb\n\nc'|indent | 'a\nb\n\nc'|indent(2, true) | 'a\nb\n\nc'|indent(2, blank=true) | 'a\nb'|indent('> ', first=true) | ''|indent | 'a\n'|indent | 5|indent | 'a\r\nb'|indent(1)
name is defined | missing is defined | missing is not defined | missing is undefined | name is undefined | none is none | name is none | name is not none | missing is none | map.x is defined | map.a is defined | list[9] is defined
name is string | 5 is string | list is string | map is mapping | list is mapping | missing is mapping | list is iterable | 5 is iterable | name is iterable | missing is iterable | none is iterable | map is iterable | range(2) is iterable
list is sequence | name is sequence | map is sequence | 5 is sequence | none is sequence | (1,) is sequence | missing is sequence | map.items() is sequence | range(2) is sequence | map.items() is iterable
5 is number | 2.5 is number | true is number | '5' is number | none is number | true is boolean | 0 is boolean | none is boolean | true is true | 1 is true | false is false | 0 is false | no is true | 5 is integer | 2.5 is integer | true is integer | 2.5 is float | 5 is float
1 is odd | 2 is even | 2 is odd | 6 is divisibleby 3 | 6 is divisibleby(4) | 1 is eq 1 | 1 is equalto 2 | 1 is ne 2 | 1 is in [1, 2] | 3 is in [1] | 1 is in([1]) | 2 is gt 1 | 2 is lt(1) | 'a' is in 'abc' | range is callable | name is callable | name.upper is callable | 1 is not in [2]
not name is string | name is string and 5 is number | 'x' if name is string else 'y' | name is string is string | 1 + 1 is number | -1 is number | name|upper is string | (name is string)|string | 5 is nosuch | name is
range(3)|list | range(1, 3)|list | range(5, 1, -2)|list | range(0)|list | range(3, 1)|list | range(0, 3, 0)|list | range(2.5) | range('a') | range() | range(1, 2, 3, 4) | range(3)[1] | range(5)[1:3]|list | 2 in range(3) | range(3) == range(3) | range(100001)|list|length | range(100000)|length
dict(a=1, b='x') | dict() | dict({'a': 1}, b=2) | dict({'a': 1}, a=2) | namespace(a=1).a | namespace().x is defined | dict(1) | namespace({'a': 5}).a
raise_exception('stop') | raise_exception() | name() | missing() | nothing() | name.nosuch() | list.nosuch() | map.a() | (range)(2)|list | [range][0](2)|list
name|upper|lower|trim | (name|upper)[0] | name.upper().lower() | name|replace('A', 'B')|upper | -1|string | -one|string | 'a' ~ name|upper | 'a' + name|upper | [1, 2]|join + 'x' | name|upper()
{'a': {'b': {'c': [1, {'d': 'e'}]}}}.a.b.c[1].d | [[[1]]][0][0][0] | {'a-b': 1}['a-b'] | {name: 1} | {'a' ~ 1: 2} | {'k': missing}.k is defined | {'a': 1}['a'] + 1
1 + | (1 | [1 | {'a' | {'a': } | 1 2 | name. | name | a b | a..b | 'abc | @ | name|nosuch | name| | 1 == | not | if | for | f(a=1, 2) | f(a=1, a=2) | list[1 | 1 if | is string | name is not
loop | loop is defined | true.x | 1.5.x | 'a' 5 | 5 'a' | name['upper']() | list[0:2][0] | (list)[0] | people[0]['na' ~ 'me'] | people[-1].tags[-1] | people[1].tags is defined and people[1].tags
"""

BLOCKS = [
    # Loops.
    "{% for x in list %}{{ x }},{% endfor %}", "{% for x in none_list %}a{% else %}nothing{% endfor %}",
    "{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}|{% endfor %}",
    "{% for x in list %}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }}|"
    "{% endfor %}",
    "{% for x in list %}{{ loop.previtem is defined }}{{ loop.nextitem is undefined }}{% endfor %}",
    "{% for x in list if x is odd %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %}",
    "{% for x in list if x > 9 %}a{% else %}b{% endfor %}", "{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in map|items %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in map|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for a, b in [[1, 2], 'xy'] %}{{ a }}{{ b }}"
    "{% endfor %}", "{% for a, b in [[1]] %}{% endfor %}", "{% for a, b in [1] %}{% endfor %}",
    "{% for k in map %}{{ k }}{% endfor %}", "{% for c in accents %}[{{ c }}]{% endfor %}", "{% for x in missing %}a{% endfor %}b",
    "{% for x in 5 %}{% endfor %}", "{% for x in none %}{% endfor %}", "{% for x in list %}{% if x == 3 %}{% break %}{% endif %}"
    "{{ x }}{% endfor %}", "{% for x in list %}{% if x == 3 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in list %}{% for y in list %}{% if y > x %}{% break %}{% endif %}{{ y }}{% endfor %}|{% endfor %}",
    "{% for x in [1, 2] %}{% for y in 'ab' %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for x in [1, 2] %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}",
    "{% for x in range(3) %}{{ x }}{% endfor %}", "{% for m in people[1:] %}{{ m.name }}{% endfor %}",
    "{% for x in list %}{{ x }}{% endfor %}{{ x is defined }}{{ loop is defined }}", "{% break %}", "{% continue %}",
    "{% for x in list|map('string')|select('in', '24') %}{{ x }}{% endfor %}", "{% for x in (1, 2) %}{{ x }}{% endfor %}",
    "{% for x in list[::-1] %}{{ x }}{% endfor %}",
    "{% set g = list|select('odd') %}{{ g|list }}{{ g|list }}{{ g|first is defined }}",
    "{% set g = list|select('odd') %}{{ g|first }}{{ g|first }}{{ g|list }}",
    "{% set g = list|select('odd') %}{{ 3 in g }}{{ g|list }}",
    "{% for x in 'a' if true else 'b' %}{{ x }}{% endfor %}", "{% for x in (['a'] if yes else []) %}{{ x }}{% endfor %}",
    # Conditions.
    "{% if yes %}a{% endif %}", "{% if no %}a{% elif zero %}b{% elif one %}c{% else %}d{% endif %}",
    "{% if no %}a{% elif no %}b{% else %}d{% endif %}", "{% if missing %}a{% else %}b{% endif %}",
    "{% if none_list %}a{% endif %}{% if none_map %}b{% endif %}{% if zero %}c{% endif %}{% if empty %}d{% endif %}"
    "{% if half %}e{% endif %}", "{% if name and not no and 'A' in name %}a{% endif %}",
    "{% if map['x'] is defined and map.x.y %}a{% else %}b{% endif %}", "{% if missing.x %}a{% endif %}",
    "{% if list|selectattr('x') %}a{% endif %}", "{% if %}a{% endif %}", "{% if yes %}a", "{% if yes %}a{% endfor %}", "{% endif %}",
    "{% if yes %}{% if no %}a{% else %}b{% endif %}c{% endif %}", "{% else %}",
    # Assignments and scopes.
    "{% set x = 1 %}{{ x }}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}", "{% set x = 1, 2 %}{{ x }}", "{% set (x, y) = [3, 4] %}{{ x }}{{ y }}",
    "{% set x = 1 %}{% for i in list %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}", "{% set x, y = [1] %}",
    "{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}", "{% if no %}{% set x = 2 %}{% endif %}{{ x is defined }}",
    "{% for i in list %}{% set seen = i %}{% endfor %}{{ seen is defined }}", "{% set name = name ~ '!' %}{{ name }}",
    "{% for i in [1, 2] %}{{ y is defined }}{% set y = i %}{{ y }}{% endfor %}",
    "{% set ns = namespace(x=1) %}{% for i in list %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns.a = [1] %}{% set ns.a = ns.a + [2] %}{{ ns.a }}{{ ns.b is defined }}{{ ns['a'] }}",
    "{% set ns = namespace(a=1) %}{% set other = ns %}{% set other.a = 2 %}{{ ns.a }}{{ ns == other }}",
    "{% set map.a = 1 %}", "{% set missing.a = 1 %}", "{% set true = 1 %}", "{% set 1 = 1 %}", "{% set x %}", "{% set x.y = 1 %}",
    "{% set x %}a{{ one }}b{% endset %}[{{ x }}]{{ x|length }}", "{% set x | upper %}ab{{ name }}{% endset %}{{ x }}",
    "{% set x | replace('a', 'b') | trim %} aXa {% endset %}[{{ x }}]", "{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}{{ y is defined }}",
    "{% set ns = namespace(t='') %}{% set ns.t %}abc{% endset %}{{ ns.t }}",
    "{% for i in list %}{% set x %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endset %}{{ x }}{% endfor %}",
    "{% filter upper %}ab{{ name }}{% endfilter %}", "{% filter replace('a', 'b')|trim %} aXa {% endfilter %}!",
    "{% filter upper %}{% set q = 1 %}{% endfilter %}{{ q is defined }}", "{% filter nosuch %}a{% endfilter %}",
    "{% set range = 5 %}{{ range }}", "{% set x = 5 %}{% set x = none %}{{ x }}",
    # Macros.
    "{% macro f(a, b=2) %}{{ a }}-{{ b }};{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(b=4, a=5) }}{{ f(1, b=6) }}",
    "{% macro f(a, b, c=3) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ f(*[1, 2]) }}{{ f(1, *(2,)) }}{{ f(*[1], b=2) }}{{ f(*'xyz') }}{{ f(*missing, a=1) }}",
    "{% macro f(a) %}{{ a }}{% endmacro %}{% set all = [f, f] %}{% for i in range(2) %}{{ all[i](*[[i]][0]) }}{% endfor %}{{ range(*[1, 3])|list }}",
    "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(*[1, 2]) }}", "{{ range(*[1], 2)|list }}", "{{ range(*5) }}", "{{ range(*[1], *[2]) }}",
    "{% macro f() %}x{% endmacro %}{{ f() ~ f() }}{{ f()|length }}{{ f is callable }}{{ f is defined }}{% set y = f() %}{{ y|upper }}",
    "{% macro f(a) %}{{ a is defined }}{% endmacro %}{{ f() }}", "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}",
    "{% macro f(a) %}{% endmacro %}{{ f(b=1) }}", "{% macro f(a) %}{% endmacro %}{{ f(1, a=1) }}", "{% macro f(a=1, b) %}{% endmacro %}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% set x = 1 %}{% macro f() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ f() }}",
    "{% macro f() %}{{ x is defined }}{% endmacro %}{% for x in [1] %}{{ f() }}{% endfor %}",
    "{% macro f() %}{% set q = 5 %}{{ q }}{% endmacro %}{{ f() }}{{ q is defined }}",
    "{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}", "{% macro f(a, b=[]) %}{{ b + [a] }}{% endmacro %}{{ f(1) }}{{ f(2) }}",
    "{% macro f(x) -%}\n  {%- if x is mapping -%}{\n    {%- for k, v in x|dictsort -%}{{ k }}:{{ f(v) }}{{ ',' if not loop.last }}"
    "{%- endfor -%}}\n  {%- elif x is iterable and x is not string -%}[{%- for v in x -%}{{ f(v) }}{%- endfor -%}]\n"
    "  {%- else -%}{{ x }}{%- endif -%}\n{%- endmacro %}{{ f({'b': [1, {'c': 'd'}], 'a': none}) }}",
    "{% macro g(x) %}<{{ x }}>{% endmacro %}{% macro f(x) %}{{ g(x) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{{ name }}{{ x.y }}{% endmacro %}{% for p in people %}{{ f({'y': p.name}) }}{% endfor %}",
    "{% macro f(x) %}{{ raise_exception(x) }}{% endmacro %}{{ f('stop') }}", "{% macro f %}{% endmacro %}",
    "{% if yes %}{% macro f() %}a{% endmacro %}{% endif %}{{ f() }}", "{{ f() }}{% macro f() %}a{% endmacro %}",
    # White space.
    "a {%- if yes -%} b {%- endif -%} c", "a {{- ' x ' -}} b", "a\n  {% if yes %}\n  b\n  {% endif %}\n  c\n",
    "a\n  {%+ if yes %}\n  b\n  {%+ endif +%}\n  c\n", "{% if yes +%}\nx{% endif %}\n\ny", "  {% if yes %}  x  {% endif %}  ",
    "a\n  {# comment #}\n  b", "a {# x #} b", "a {#- x -#} b", "{# a\nb #}\nc", "a{##}b", "a {#- -#} b", "a\n {#+ x +#}\n b", "{#-#}a",
    "{% raw %}{{ x }}{% if %}{# #}{% endraw %}", "a {%- raw -%} {{ }} {%- endraw -%} b", "a\n{% raw %}\nx\n  {% endraw %}\nb", "{% raw %}a",
    "{%- raw %} a {% endraw -%}  b", "a\n", "a\n\n", "a\r\nb\rc\n", "\n{% if yes %}\n\n{% endif %}\n\na", "{{ '\n' }}\n", "{{ 'a\r\nb' }}",
    "{% for x in [1, 2] %}\n  {{ x }}\n{% endfor %}\n", "{% for x in [1, 2] -%}\n  {{ x }}\n{%- endfor %}\n", "x{{ 1 }}\n{{ 2 }}\ny",
    "{{ {'a': {'b': 1}} }}", "{{ {'a': {'b': '}}'}}['a'] }}", "{{ '%}' }}{% if '%}' == '%}' %}a{% endif %}", "{ { % } } {a}", "{", "{{", "{%", "{# ",
    "{{ 1", "{% if", "{{ 1 %}", "{% if yes }}", "}} %} #}", "{{}}", "{% %}", "{{ 1 }", "{{-1}}", "{{ - 1 }}", "{{+1}}", "{{ 1 -}}\n\n x", "  {{ 1 }}",
    "{%if yes%}a{%endif%}", "{%- if yes -%}\n\n  a  \n\n{%- endif -%}\n\n", "\t{% if yes %}\t\n\t{% endif %}x", "a\u00a0{%- if yes %}b{% endif %}",
    "\u00a0{% if yes %}b{% endif %}", "a\n{% if yes %}{# c #}\n{% endif %}b", "{% set x = 1 %}\n{% set y = 2 %}\n{{ x + y }}\n",
    "{%- for x in list %}\n    {{- x }}\n{%- endfor %}", "{% generation %}a{% set z = 1 %}{% endgeneration %}{{ z is defined }}",
    # What transformers refuses too.
    "{% nosuch %}", "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{{ x y }}", "{% for %}", "{% for x %}{% endfor %}",
    "{% for x in %}{% endfor %}", "{% for x in list %}", "{% macro %}{% endmacro %}", "{% set %}", "{% endset %}", "{{ a = 1 }}",
    "{{ list.append(1) }}", "{{ map.update({}) }}", "{{ ''|nosuch }}", "{{ lambda: 1 }}", "{{ [x for x in list] }}", "{{ 1 if 2 else }}",
    "{{ range(10 ** 9) }}", "{% set x = [] %}{% set _ = x.append(1) %}", "{{ f\"a\" }}", "{{ a ? b : c }}", "{{ a && b }}", "{{ !a }}", "{{ $a }}",
]

TOOLS = [
    {"type": "function", "function": {
        "name": "weather", "description": "The weather at a place, \"now\" or later.",
        "parameters": {"type": "object", "required": ["place"], "properties": {
            "place": {"type": "string", "description": "Z\u00fcrich, \u4e1c\u4eac"},
            "unit": {"type": ["string", "null"], "enum": ["C", "F"]}, "days": {"type": "integer", "default": 1}}}}},
    {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}},
]
CALLS = [
    {"role": "user", "content": "How warm is it in Z\u00fcrich?"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {
        "name": "weather", "arguments": {"place": "Z\u00fcrich", "unit": "C"}}}]},
    {"role": "tool", "tool_call_id": "abcdefghi", "name": "weather", "content": "21.5"},
    {"role": "assistant", "content": "It is 21.5 \u00b0C."},
    {"role": "user", "content": "Thanks <3"},
]
USER = {"role": "user", "content": " Hello, how are you? "}
SYSTEM = {"role": "system", "content": "You are terse."}
ANSWER = {"role": "assistant", "content": "Fine.\n\n"}
CONVERSATIONS = {
    "user": {"messages": [USER]}, "system": {"messages": [SYSTEM, USER]},
    "turns": {"messages": [USER, ANSWER, {"role": "user", "content": "Good\nto hear \U0001F600"}]},
    "system-turns": {"messages": [SYSTEM, USER, ANSWER, USER, ANSWER, USER]},
    "ended": {"messages": [SYSTEM, USER, ANSWER], "add_generation_prompt": False},
    "twice": {"messages": [USER, USER]}, "answer-first": {"messages": [ANSWER, USER]},
    "tools": {"messages": CALLS, "tools": TOOLS}, "system-tools": {"messages": [SYSTEM] + CALLS, "tools": TOOLS[:1]},
    "documents": {"messages": [USER], "documents": [
        {"title": "One", "text": "First text."}, {"title": "Two", "content": "Second\ntext.", "source": 2}]},
    "no-tools": {"messages": [USER], "tools": None, "documents": None},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]},
                           {"role": "assistant", "content": "<think>hm</think>\n\nyes"}]},
    "empty": {"messages": []}, "unknown-role": {"messages": [{"role": "wizard", "content": "abra"}]},
}
COMMON = {"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True}


def render(source: str, variables: dict):
    try:
        return _compile_jinja_template(source).render(**variables)
    except Exception:  # jinja2's own errors, and Python's of whatever the template does
        return None


def main() -> None:
    language = []
    for line in OUTPUT.strip().split("\n"):
        for expression in line.split(" | "):
            language.append("{{ " + expression.strip() + " }}")
    language += BLOCKS
    expected = {
        "variables": VARIABLES,
        "language": [[source, render(source, VARIABLES)] for source in language],
        "templates": TEMPLATES, "conversations": CONVERSATIONS, "common": COMMON,
        "renderings": [[template, conversation, render(source, {**COMMON, **variables})]
                       for template, source in TEMPLATES.items() for conversation, variables in CONVERSATIONS.items()],
    }
    # One entry in a line, so that differences can be read.
    parts = []
    for key, value in expected.items():
        if isinstance(value, list):
            entries = ",\n".join(json.dumps(entry, ensure_ascii=True) for entry in value)
            parts.append(f"{json.dumps(key)}: [\n{entries}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=True)}")
    OUT.write_text("{" + ",\n".join(parts) + "}\n")
    # Addresses differ from run to run.
    assert " at 0x" not in OUT.read_text()
    texts = [text for _, text in expected["language"]] + [text for *_, text in expected["renderings"]]
    print(f"{len(texts)} renderings, {texts.count(None)} of them errors, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
