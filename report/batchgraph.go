package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

// Bounds and sizes of the drawing of logons, in SVG user units.
const (
	maxGraphNodes  = 30
	maxGraphEdges  = 90 // bundles of edges
	labelledEdges  = 24 // with more, the lines have no labels
	lastLayer      = 4
	nodeWidth      = 196
	nodeHeight     = 28
	nodeGap        = 16 // between two of a layer
	layerGap       = 180
	graphMargin    = 14
	graphArc       = 70 // that a line within a layer goes out to the right
	arrowLength    = 8
	nodeLabel      = 22 // columns
	graphEdgeLabel = 26
)

// A graph is who logged on from where to where, laid out from left to right.
type graph struct {
	Width, Height float64
	Nodes         []graphNode
	Edges         []graphEdge
	Total         int // nodes of the case
	MoreNodes     int // that are not drawn
	MoreEdges     int // rows of the table that are not drawn
}

type graphNode struct {
	X, Y, TextY   float64
	Width, Height float64
	Label, Full   string
	Class         string
	id            string
	layer         int
	place         float64 // wanted in its layer
}

// A graphEdge is all edges from one computer to another.
type graphEdge struct {
	Line, Arrow    string // paths
	Class          string
	LabelX, LabelY float64
	Anchor         string
	Label, Full    string
	from, to       int
	rank           int
	rows           int
	count          int
	accounts       []string
	first          time.Time
}

// edgeClasses are what an edge is drawn as, the most telling first.
var edgeClasses = []string{"new", "past", "seen", "lead", "failed"}

func edgeRank(e *fleet.Edge) int {
	switch {
	case e.Outcome == footprint.Failed:
		return 4
	case e.Lead:
		return 3
	case e.Source == fleet.NewSource:
		return 0
	case e.Source == fleet.KnownSource:
		return 2
	}
	return 1
}

// newGraph draws the most telling edges of the case.
func newGraph(c *fleet.Graph) graph {
	g := graph{Total: len(c.Nodes)}
	nodes := map[string]int{}
	for i := range c.Nodes {
		nodes[c.Nodes[i].ID] = i
	}
	g.keep(c, bundles(c, nodes))
	g.layers()
	g.positions()
	for i := range g.Edges {
		g.draw(&g.Edges[i])
	}
	return g
}

// bundles joins the edges of each pair of computers, the most telling first.
// Their ends are indexes of c.Nodes. Logons from a computer to itself are left
// to the table.
func bundles(c *fleet.Graph, nodes map[string]int) []graphEdge {
	at := map[[2]int]int{}
	var all []graphEdge
	for i := range c.Edges {
		e := &c.Edges[i]
		from, ok := nodes[e.From]
		to, ok2 := nodes[e.To]
		if !ok || !ok2 || from == to {
			continue
		}
		n, ok := at[[2]int{from, to}]
		if !ok {
			n = len(all)
			at[[2]int{from, to}] = n
			all = append(all, graphEdge{from: from, to: to, rank: len(edgeClasses), first: e.First})
		}
		b := &all[n]
		b.rank = min(b.rank, edgeRank(e))
		b.rows++
		b.count += e.Count
		if who := account(e.Account); !slices.Contains(b.accounts, who) {
			b.accounts = append(b.accounts, who)
		}
		if e.First.Before(b.first) {
			b.first = e.First
		}
	}
	slices.SortStableFunc(all, func(a, b graphEdge) int {
		return cmp.Or(a.rank-b.rank, a.first.Compare(b.first), strings.Compare(c.Nodes[a.from].ID, c.Nodes[b.from].ID), strings.Compare(c.Nodes[a.to].ID, c.Nodes[b.to].ID))
	})
	return all
}

// keep takes bundles while there is room, and the nodes that they join.
func (g *graph) keep(c *fleet.Graph, all []graphEdge) {
	at := map[int]int{}
	rows := 0
	for _, b := range all {
		fresh := 0
		for _, n := range []int{b.from, b.to} {
			if _, ok := at[n]; !ok {
				fresh++
			}
		}
		if len(g.Edges) == maxGraphEdges || len(g.Nodes)+fresh > maxGraphNodes {
			continue
		}
		for _, n := range []*int{&b.from, &b.to} {
			if _, ok := at[*n]; !ok {
				at[*n] = len(g.Nodes)
				node := &c.Nodes[*n]
				class := slug(node.Verdict)
				if node.Folder == "" {
					class = "outside"
				}
				g.Nodes = append(g.Nodes, graphNode{id: node.ID, Label: label(visible(node.Label), nodeLabel), Full: visible(node.Label), Class: class, Width: nodeWidth, Height: nodeHeight, layer: -1})
			}
			*n = at[*n]
		}
		rows += b.rows
		b.Class = edgeClasses[b.rank]
		g.Edges = append(g.Edges, b)
	}
	g.MoreNodes, g.MoreEdges = len(c.Nodes)-len(g.Nodes), len(c.Edges)-rows
}

// layers sets how far each node stands to the right: by the fewest logons from
// one that nobody drawn came to.
func (g *graph) layers() {
	reached := make([]bool, len(g.Nodes))
	for _, e := range g.Edges {
		reached[e.to] = true
	}
	var queue []int
	for i := range g.Nodes {
		if !reached[i] {
			g.Nodes[i].layer = 0
			queue = append(queue, i)
		}
	}
	for next := 0; ; {
		for len(queue) > 0 {
			from := queue[0]
			queue = queue[1:]
			for _, e := range g.Edges {
				if e.from == from && g.Nodes[e.to].layer < 0 {
					g.Nodes[e.to].layer = min(g.Nodes[from].layer+1, lastLayer)
					queue = append(queue, e.to)
				}
			}
		}
		for next < len(g.Nodes) && g.Nodes[next].layer >= 0 {
			next++
		}
		if next == len(g.Nodes) {
			return
		}
		g.Nodes[next].layer = 0 // of a circle
		queue = append(queue, next)
	}
}

// positions places the nodes of each layer one under the other, near those that
// they were reached from.
func (g *graph) positions() {
	columns := make([][]int, lastLayer+1)
	for i := range g.Nodes {
		columns[g.Nodes[i].layer] = append(columns[g.Nodes[i].layer], i)
	}
	tallest, last := 0, 0
	for l, column := range columns {
		tallest = max(tallest, len(column))
		if len(column) > 0 {
			last = l
		}
	}
	g.Width = 2*graphMargin + float64(last+1)*nodeWidth + float64(last)*layerGap + graphArc
	g.Height = 2*graphMargin + float64(tallest)*(nodeHeight+nodeGap) - nodeGap
	for l, column := range columns {
		for _, i := range column {
			g.Nodes[i].place = g.wanted(i, l)
		}
		slices.SortStableFunc(column, func(a, b int) int { return cmp.Compare(g.Nodes[a].place, g.Nodes[b].place) })
		top := (g.Height - float64(len(column))*(nodeHeight+nodeGap) + nodeGap) / 2
		for k, i := range column {
			n := &g.Nodes[i]
			n.X = graphMargin + float64(l)*(nodeWidth+layerGap)
			n.Y = top + float64(k)*(nodeHeight+nodeGap)
			n.TextY = n.Y + nodeHeight/2
		}
	}
}

// wanted is the mean height of the nodes in earlier layers that a node is
// reached from.
func (g *graph) wanted(node, layer int) float64 {
	sum, n := 0.0, 0
	for _, e := range g.Edges {
		if e.to == node && g.Nodes[e.from].layer < layer {
			sum += g.Nodes[e.from].Y
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// draw makes the line of an edge: from the right side of one node to the left
// side of a later one, and around where it leads back.
func (g *graph) draw(e *graphEdge) {
	a, b := &g.Nodes[e.from], &g.Nodes[e.to]
	x1, y1, x2, y2 := a.X+nodeWidth, a.TextY, b.X, b.TextY
	bend, tip := (x2-x1)/2, -1.0 // tip: the way from the arrow's point to the line
	c1, c2 := x1+bend, x2-bend
	switch {
	case a.layer == b.layer:
		x2, tip = b.X+nodeWidth, 1
		c1, c2 = x1+graphArc, x2+graphArc
	case a.layer > b.layer:
		x1, x2, tip = a.X, b.X+nodeWidth, 1
		y1, y2 = y1+nodeHeight/4, y2+nodeHeight/4
		c1, c2 = x1-layerGap/2, x2+layerGap/2
	}
	end := x2 + tip*arrowLength
	e.Line = fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, c1, y1, c2, y2, end, y2)
	e.Arrow = fmt.Sprintf("M%.1f %.1fl%.1f -4v8z", x2, y2, tip*arrowLength)
	e.LabelX, e.LabelY, e.Anchor = end+tip*4, y2-7, "end"
	if y1 < y2 { // the line comes from above
		e.LabelY = y2 + 15
	}
	if tip > 0 {
		e.Anchor = "start"
	}
	who := e.accounts[0]
	if len(e.accounts) > 1 {
		who = counted(len(e.accounts), "account", "accounts")
	}
	if len(g.Edges) <= labelledEdges && !g.meets(e) {
		name := who[strings.LastIndexByte(who, '\\')+1:]
		e.Label = label(visible(name), graphEdgeLabel)
	}
	e.Full = fmt.Sprintf("%s to %s: %s, %s, the first %s", a.Full, b.Full, visible(who), counted(e.count, "logon", "logons"), stamp(e.first))
}

// meets reports whether an earlier edge ends on the same side of the same node,
// where its label stands.
func (g *graph) meets(e *graphEdge) bool {
	for i := range g.Edges {
		other := &g.Edges[i]
		if other == e {
			return false
		}
		if other.to == e.to && (g.Nodes[other.from].layer < g.Nodes[e.to].layer) == (g.Nodes[e.from].layer < g.Nodes[e.to].layer) {
			return true
		}
	}
	return false
}
