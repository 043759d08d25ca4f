import { noCircles, productIsUsed } from "./circles.ts";
import { environmentAtTheRoots, plainTypeScript } from "./language.ts";
import { importEndings, layerImports } from "./layers.ts";
import { fewLongFiles, fileLength, functionLength } from "./length.ts";
import { fileNames, noBarrels, placeholdersGo } from "./names.ts";
import { foldersEnd, patternsAreOurs } from "./patterns.ts";
import { lockFileIsPortable, noMachinePaths, noRegistryHosts } from "./portability.ts";
import type { Rule } from "./source.ts";
import { frozenMigrations, lowerCaseSql, lowerCaseSqlInCode, noNotifyInSql, oneWriter } from "./sql.ts";
import { testsRun } from "./tests.ts";
import { checksStayOn, noLeftovers } from "./words.ts";

/** All house rules. A rule is added here, with its examples in `rules.test.ts`. */
export const rules: readonly Rule[] = [
  fileNames,
  noBarrels,
  placeholdersGo,
  fileLength,
  fewLongFiles,
  functionLength,
  layerImports,
  noCircles,
  productIsUsed,
  importEndings,
  environmentAtTheRoots,
  plainTypeScript,
  patternsAreOurs,
  foldersEnd,
  noLeftovers,
  checksStayOn,
  testsRun,
  noMachinePaths,
  noRegistryHosts,
  lockFileIsPortable,
  lowerCaseSql,
  lowerCaseSqlInCode,
  noNotifyInSql,
  oneWriter,
  frozenMigrations,
];
