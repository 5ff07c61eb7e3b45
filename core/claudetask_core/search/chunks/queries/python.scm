(function_definition name: (_) @name) @function
(class_definition name: (_) @name) @class
(decorated_definition definition: (_ name: (_) @name)) @wider
(module (assignment left: (identifier) @name) @constant)
(module (assignment left: (pattern_list (identifier) @name)) @constant)
(class_definition body: (block (assignment left: (identifier) @name) @field))
(type_alias_statement left: (type (identifier) @name)) @type
