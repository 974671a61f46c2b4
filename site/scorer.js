// In which order the search shows what it finds: what is called so, lessons from the first to the last, all other pages.
var Scorer = {
  score: ([docname, , , descr, score]) => {
    const [, lesson] = docname.match(/^notebooks\/(\d+)/) ?? [];
    return descr ? score : score + (lesson ? 1 - lesson / 100 : docname.startsWith("api/") ? -1 : 0);
  },
  objNameMatch: 11, objPartialMatch: 1, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
