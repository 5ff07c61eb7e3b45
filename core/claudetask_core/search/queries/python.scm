(function_definition name: (_) @name) @function
(class_definition name: (_) @name) @class
(decorated_definition definition: (_ name: (_) @name)) @wider
(module (expression_statement (assignment left: (identifier) @name)) @constant)
(module (expression_statement (assignment left: (pattern_list (identifier) @name))) @constant)
(class_definition body: (block (expression_statement (assignment left: (identifier) @name)) @field))
(type_alias_statement left: (type (identifier) @name)) @type
