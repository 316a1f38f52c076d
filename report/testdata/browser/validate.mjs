// Says what html-validate finds in reports.
//
//   node validate.mjs FILE...
import path from 'node:path';
import { FileSystemConfigLoader, HtmlValidate } from 'html-validate/node';

const rules = new HtmlValidate(new FileSystemConfigLoader({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
  rules: {
    'attribute-boolean-style': 'off', // and so is open=""
    'long-title': 'off', // a host's name
    'prefer-native-element': ['error', { exclude: ['region'] }], // what scrolls is no part of the text
    'void-style': ['error', { style: 'selfclosing' }], // the templates are well-formed XML as well
  },
}));
const results = [];
for (const file of process.argv.slice(2)) {
  const report = await rules.validateFile(file);
  results.push({ name: path.basename(file, '.html'), problems: report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`)) });
}
process.stdout.write(JSON.stringify(results));
