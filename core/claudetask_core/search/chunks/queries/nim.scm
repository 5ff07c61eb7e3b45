(proc_declaration name: (_) @name) @function
(func_declaration name: (_) @name) @function
(method_declaration name: (_) @name) @method
(iterator_declaration name: (_) @name) @function
(template_declaration name: (_) @name) @macro
(macro_declaration name: (_) @name) @macro
(converter_declaration name: (_) @name) @function
(type_declaration (type_symbol_declaration name: (_) @name)) @type
(const_section (variable_declaration (symbol_declaration_list (symbol_declaration name: (_) @name)))) @constant
(source_file [(let_section (variable_declaration (symbol_declaration_list (symbol_declaration name: (_) @name))) @constant) (var_section (variable_declaration (symbol_declaration_list (symbol_declaration name: (_) @name))) @constant)])
