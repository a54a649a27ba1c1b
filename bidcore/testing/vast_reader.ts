// Reads VAST for tests with a parser that is not ours, and holds it against the rules of its version.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { VastVersion } from '../creative_file.js';
import { VAST_SCHEMAS } from './vast_schema.js';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, CDATA included. */
  readonly text: string;
}

/** One node as the parser gives it: `{ name: [children], ':@': { attribute: value } }`. */
type ParsedNode = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ':@';
const TEXT = '#text';
const CDATA = '#cdata';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  cdataPropName: CDATA,
});

/** Reads one document; throws if it is not well-formed XML. */
export function readXml(xml: string): XmlElement {
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new Error(`${valid.err.msg}: ${xml}`);
  const [root, ...others] = (parser.parse(xml) as ParsedNode[]).map(elementOf);
  if (root === undefined || others.length > 0) throw new Error('not one root element');
  return root;
}

function elementOf(node: ParsedNode): XmlElement {
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES) ?? '';
  const content = (node[name] ?? []) as ParsedNode[];
  return {
    name,
    attributes: (node[ATTRIBUTES] ?? {}) as Record<string, string>,
    children: content.filter((child) => !(TEXT in child) && !(CDATA in child)).map(elementOf),
    text: content.map((child) => textOf(child)).join(''),
  };
}

function textOf(node: ParsedNode): string {
  if (TEXT in node) return String(node[TEXT]);
  return CDATA in node ? (node[CDATA] as ParsedNode[]).map(textOf).join('') : '';
}

/** Every element of a name, at any depth, in order. */
export function all(root: XmlElement, name: string): XmlElement[] {
  return [...(root.name === name ? [root] : []), ...root.children.flatMap((child) => all(child, name))];
}

/** What is wrong with a document by the rules of a version; empty if nothing is. */
export function vastProblems(root: XmlElement, version: VastVersion): string[] {
  return problemsIn(root, version, root.name);
}

function problemsIn(element: XmlElement, version: VastVersion, path: string): string[] {
  const kind = path.includes('/Wrapper') ? 'Wrapper' : 'InLine';
  const schema = VAST_SCHEMAS[version];
  const rule = schema[`${kind}/${element.name}`] ?? schema[element.name];
  if (rule === undefined) return [`${path}: no such element in ${version}`];
  const problems = attributeProblems(element, rule.attributes ?? '', path);
  const names = element.children.map((child) => `${child.name} `).join('');
  if (!modelOf(rule.children ?? '').test(names)) problems.push(`${path}: ${names}is not ${rule.children ?? 'text'}`);
  if (rule.children !== undefined && element.text.trim() !== '') problems.push(`${path}: text ${element.text}`);
  return [...problems, ...element.children.flatMap((child) => problemsIn(child, version, `${path}/${child.name}`))];
}

/** A content model as a regular expression over the names of the children, each with a space behind it. */
function modelOf(children: string): RegExp {
  const parts = children.split(' ').filter((part) => part !== '');
  return new RegExp(`^${parts.map((part) => part.replace(/^(\w+)([?+*]?)$/, '(?:$1 )$2')).join('')}$`);
}

function attributeProblems(element: XmlElement, rule: string, path: string): string[] {
  const rules = rule.split(' ');
  const known = new Set(rules.map((name) => name.replace('!', '')));
  const required = rules.filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1));
  return [
    ...Object.keys(element.attributes)
      .filter((name) => !known.has(name))
      .map((name) => `${path}: no attribute ${name}`),
    ...required.filter((name) => !(name in element.attributes)).map((name) => `${path}: attribute ${name} is missing`),
  ];
}
