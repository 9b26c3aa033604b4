import { search, type Find, type Search } from './search.ts';

const { one, ...others } = JSON.parse(process.argv[2]!) as Search;
const found: Find[] = [];
for await (const find of search(others)) {
  found.push(find);
  if (one) break;
}
process.stdout.write(JSON.stringify(found));
