// Command source reads what a Go program's own source says of the files that it takes and of its flags: the keys of
// structs that YAML is read into, and the names in calls that define flags. It is run by `npm run catalogue` only, with the
// Go toolchain and nothing else; the module and those that it needs are downloaded in the versions of its go.mod.
//
//	echo '{"module": …, "version": …, "roots": {…}, "hints": {…}, "flags": […]}' | go run source.go
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Key is what is known of one key of a configuration.
type Key struct {
	Of         string            `json:"of,omitempty"`     // the type of its value, or of each element of a list
	Each       string            `json:"each,omitempty"`   // the type of each value of a map whose keys are the user's
	ByType     map[string]string `json:"byType,omitempty"` // the type of its value by what the key `type` beside it says
	Deprecated string            `json:"deprecated,omitempty"`
}

type request struct {
	Module, Version string
	// Types of whole files, by what they are called here.
	Roots map[string]string
	// Keys that no struct tag tells, by their type: values that are read in a second step, keys that are made at run time.
	// The key "" stands for all keys of another type.
	Hints map[string]map[string]Key
	// Keys `<name>_sd_configs` of every package below this one whose SDConfig says its name.
	Discovery string
	// Packages whose calls define flags.
	Flags []string
}

// Flag is a name that some call gives to a flag, with its help where that is literal text.
type Flag struct{ Name, Help string }

type answer struct {
	Roots map[string]string         `json:"roots"`
	Types map[string]map[string]Key `json:"types"`
	Flags []Flag                    `json:"flags"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, name string, args ...string) []byte {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		check(fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, stderr.String(), out))
	}
	return out
}

// download gives the folder of a module in the module cache.
func download(path, version string) string {
	var module struct{ Dir string }
	check(json.Unmarshal(run(os.TempDir(), "go", "mod", "download", "-json", path+"@"+version), &module))
	return module.Dir
}

type module struct {
	path, actual, version, dir string
}

type program struct {
	modules  []*module
	packages map[string]*pkg
	answer   answer
	hints    map[string]map[string]Key
	sds      map[string]Key
}

type pkg struct {
	path  string
	types map[string]*ast.TypeSpec
	file  map[*ast.TypeSpec]*ast.File
	files []*ast.File
}

// moduleOf finds the module that holds a package, nil for the standard library.
func (p *program) moduleOf(path string) *module {
	var found *module
	for _, m := range p.modules {
		if (path == m.path || strings.HasPrefix(path, m.path+"/")) && (found == nil || len(m.path) > len(found.path)) {
			found = m
		}
	}
	if found != nil && found.dir == "" {
		found.dir = download(found.actual, found.version)
	}
	return found
}

func (p *program) load(path string) *pkg {
	if loaded, ok := p.packages[path]; ok {
		return loaded
	}
	p.packages[path] = nil
	m := p.moduleOf(path)
	if m == nil {
		return nil
	}
	dir := filepath.Join(m.dir, strings.TrimPrefix(path, m.path))
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	check(err)
	result := &pkg{path: path, types: map[string]*ast.TypeSpec{}, file: map[*ast.TypeSpec]*ast.File{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		check(err)
		result.files = append(result.files, file)
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range d.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					result.types[t.Name.Name] = t
					result.file[t] = file
				}
			}
		}
	}
	if len(result.files) == 0 {
		check(fmt.Errorf("there is no Go in %s", dir))
	}
	p.packages[path] = result
	return result
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// importPath is the package that a file calls by this name.
func (p *program) importPath(file *ast.File, name string) string {
	for _, i := range file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if i.Name != nil {
			if i.Name.Name == name {
				return path
			}
			continue
		}
		base := filepath.Base(path)
		if regexp.MustCompile(`^v\d+$`).MatchString(base) {
			base = filepath.Base(filepath.Dir(path))
		}
		if base == name || strings.TrimPrefix(base, "go-") == name || strings.HasPrefix(base, name+".v") {
			return path
		}
	}
	return ""
}

// value says what a key of this type holds.
func (p *program) value(in *pkg, file *ast.File, expr ast.Expr) Key {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return p.value(in, file, t.X)
	case *ast.ArrayType:
		return p.value(in, file, t.Elt)
	case *ast.MapType:
		return Key{Each: p.value(in, file, t.Value).Of}
	case *ast.Ident:
		return Key{Of: p.named(in, t.Name)}
	case *ast.SelectorExpr:
		path := p.importPath(file, t.X.(*ast.Ident).Name)
		if other := p.load(path); other != nil {
			return Key{Of: p.named(other, t.Sel.Name)}
		}
	}
	return Key{}
}

// named enters a type and those that it needs in the answer; "" for what has no keys of its own.
func (p *program) named(in *pkg, name string) string {
	spec := in.types[name]
	if spec == nil {
		return ""
	}
	id := in.path + "." + name
	if _, ok := p.answer.Types[id]; ok {
		return id
	}
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		v := p.value(in, in.file[spec], spec.Type)
		return v.Of
	}
	keys := map[string]Key{}
	p.answer.Types[id] = keys
	p.fields(in, in.file[spec], s, keys)
	for key, hint := range p.hints[id] {
		for _, of := range hint.ByType {
			p.byName(of)
		}
		if hint.Of != "" {
			p.byName(hint.Of)
		}
		if key == "" {
			maps.Copy(keys, p.answer.Types[hint.Of])
		} else {
			keys[key] = hint
		}
	}
	if len(keys) == 0 {
		delete(p.answer.Types, id)
		return ""
	}
	return id
}

// byName enters a type by its full name.
func (p *program) byName(id string) string {
	at := strings.LastIndex(id, ".")
	in := p.load(id[:at])
	if in == nil || in.types[id[at+1:]] == nil {
		check(fmt.Errorf("there is no type %s", id))
	}
	return p.named(in, id[at+1:])
}

var deprecated = regexp.MustCompile(`(?is)deprecated.*`)

func (p *program) fields(in *pkg, file *ast.File, s *ast.StructType, keys map[string]Key) {
	for _, field := range s.Fields.List {
		var tag reflect.StructTag
		if field.Tag != nil {
			text, _ := strconv.Unquote(field.Tag.Value)
			tag = reflect.StructTag(text)
		}
		yaml, tagged := tag.Lookup("yaml")
		name, options, _ := strings.Cut(yaml, ",")
		note := strings.Join(strings.Fields(deprecated.FindString(field.Doc.Text()+field.Comment.Text())), " ")
		switch {
		case name == "-" && p.isDiscovery(in, file, field.Type):
			maps.Copy(keys, p.sds)
		case name == "-":
		case strings.Contains(options, "inline"):
			p.inline(in, file, field.Type, keys)
		case name != "":
			key := p.value(in, file, field.Type)
			key.Deprecated = note
			keys[name] = key
		case tagged: // go-yaml's own name for a field whose tag has none
			for _, n := range field.Names {
				keys[strings.ToLower(n.Name)] = p.value(in, file, field.Type)
			}
		}
	}
}

func (p *program) isDiscovery(in *pkg, file *ast.File, expr ast.Expr) bool {
	t, ok := expr.(*ast.SelectorExpr)
	return ok && len(p.sds) > 0 && strings.HasSuffix(p.importPath(file, t.X.(*ast.Ident).Name), "/discovery") && t.Sel.Name == "Configs"
}

func (p *program) inline(in *pkg, file *ast.File, expr ast.Expr, keys map[string]Key) {
	if m, ok := expr.(*ast.MapType); ok {
		keys["*"] = Key{Of: p.value(in, file, m.Value).Of}
		return
	}
	maps.Copy(keys, p.answer.Types[p.value(in, file, expr).Of])
}

// discoveries finds every kind of service discovery: packages whose SDConfig has a method Name that gives a literal.
func (p *program) discoveries(root string) {
	m := p.moduleOf(root)
	base := filepath.Join(m.dir, strings.TrimPrefix(root, m.path))
	check(filepath.WalkDir(base, func(dir string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || entry.Name() == "testdata" {
			return err
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(found) == 0 {
			return nil
		}
		path := root + filepath.ToSlash(strings.TrimPrefix(dir, base))
		in := p.load(path)
		for _, file := range in.files {
			for _, decl := range file.Decls {
				d, ok := decl.(*ast.FuncDecl)
				if !ok || d.Recv == nil || d.Name.Name != "Name" || !strings.HasSuffix(receiver(d), "SDConfig") || len(d.Body.List) != 1 {
					continue
				}
				if r, ok := d.Body.List[0].(*ast.ReturnStmt); ok {
					if literal, ok := r.Results[0].(*ast.BasicLit); ok {
						name, _ := strconv.Unquote(literal.Value)
						p.sds[name+"_sd_configs"] = Key{Of: path + "." + receiver(d)}
					}
				}
			}
		}
		return nil
	}))
	for name, sd := range p.sds {
		p.sds[name] = Key{Of: p.byName(sd.Of)}
	}
}

var (
	flagName = regexp.MustCompile(`^[a-zA-Z][\w.-]*$`)
	defines  = regexp.MustCompile(`(?i)flag|^Register`)
)

// flagNames are the first two texts of every call whose name says that it defines a flag.
func (p *program) flagNames(path string) {
	for _, file := range p.load(path).files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			var name string
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			if !defines.MatchString(name) {
				return true
			}
			var texts []string
			for _, arg := range call.Args {
				if text := literal(arg); text != "" {
					texts = append(texts, text)
				}
			}
			if len(texts) > 0 && flagName.MatchString(texts[0]) {
				p.answer.Flags = append(p.answer.Flags, Flag{texts[0], strings.Join(texts[1:], " ")})
			}
			return true
		})
	}
}

// literal is the literal text of an expression, with what is computed left out.
func literal(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text
		}
	case *ast.BinaryExpr:
		return literal(e.X) + literal(e.Y)
	}
	return ""
}

func main() {
	var r request
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	check(decoder.Decode(&r))
	p := &program{
		packages: map[string]*pkg{},
		hints:    r.Hints,
		sds:      map[string]Key{},
		answer:   answer{Roots: map[string]string{}, Types: map[string]map[string]Key{}, Flags: []Flag{}},
	}
	root := &module{path: r.Module, actual: r.Module, version: r.Version}
	root.dir = download(r.Module, r.Version)
	p.modules = append(p.modules, root)
	type version struct{ Path, Version string }
	var mod struct {
		Require []version
		Replace []struct{ Old, New version }
	}
	check(json.Unmarshal(run(root.dir, "go", "mod", "edit", "-json", "go.mod"), &mod))
	for _, m := range mod.Require {
		p.modules = append(p.modules, &module{path: m.Path, actual: m.Path, version: m.Version})
	}
	for _, m := range p.modules {
		for _, replace := range mod.Replace {
			if replace.Old.Path == m.path && replace.New.Version != "" {
				m.actual, m.version = replace.New.Path, replace.New.Version
			}
		}
	}
	if r.Discovery != "" {
		p.discoveries(r.Discovery)
	}
	for name, id := range r.Roots {
		p.answer.Roots[name] = p.byName(id)
		if p.answer.Roots[name] == "" {
			check(fmt.Errorf("%s has no keys", id))
		}
	}
	for _, path := range r.Flags {
		p.flagNames(path)
	}
	sort.Slice(p.answer.Flags, func(i, j int) bool { return p.answer.Flags[i].Name < p.answer.Flags[j].Name })
	check(json.NewEncoder(os.Stdout).Encode(p.answer))
}
